using System.Text.RegularExpressions;

namespace Purser.Repo.Tests.Attacks;

/// <summary>docs/payment-attacks.md names each attack of the list once, with tests that are there; and each reason that we send is reached by a test.</summary>
public sealed partial class AttackTableTests
{
    private static readonly string[] s_attacks =
    [
        "replay", "50 concurrent duplicates", "cross-resource substitution", "swapped payee", "swapped amount", "swapped asset", "swapped chain", "wrong domain name and version", "expired", "not yet valid",
        "1271 that changes its mind", "6492 with a hostile factory", "facilitator drained by calldata", "redirect leak", "settle timeout", "lost response and retry", "header of 1 MB", "path tricks",
        "two sellers sharing one facilitator key",
    ];

    // Only read from peers, as the document says.
    private static readonly string[] s_onlyRead = ["RouteMisconfigured", "Approval", "ApprovalFailed"];

    private static readonly List<(string Attack, string Tests)> s_rows = [.. RepositoryTree.Current.Read("docs/payment-attacks.md").Split('\n').Select(line => Row().Match(line)).Where(match => match.Success)
        .Select(match => (match.Groups["attack"].Value, match.Groups["tests"].Value))];

    private static readonly List<(string Path, string Text)> s_tests = [.. RepositoryTree.Current.Files(".cs").Where(file => file.Path.StartsWith("tests/", StringComparison.Ordinal)).Select(file => (file.Path, file.Text))];

    [Fact]
    public void Each_attack_of_the_list_stands_in_the_table_once() => s_rows.Select(row => row.Attack).Take(s_attacks.Length).ShouldBe(s_attacks);

    [Fact]
    public void Each_row_cites_tests_that_are_there()
    {
        var names = s_tests.SelectMany(file => TestName().Matches(file.Text).Select(match => match.Groups["name"].Value)).ToHashSet(StringComparer.Ordinal);
        s_rows.Count.ShouldBeGreaterThan(s_attacks.Length);
        foreach (var (attack, tests) in s_rows)
        {
            var cited = Cited().Matches(tests).Select(match => match.Groups["name"].Value).ToList();
            cited.ShouldNotBeEmpty(attack);
            cited.Where(name => !names.Contains(name)).ShouldBeEmpty(attack);
        }
    }

    [Fact]
    public void Each_attack_that_is_tried_on_the_real_parts_stands_in_the_table()
    {
        var tried = s_tests.Where(file => file.Path.StartsWith("tests/Purser.Services.Tests/Payments/Attacks/", StringComparison.Ordinal))
            .SelectMany(file => TestName().Matches(file.Text).Select(match => match.Groups["name"].Value)).Where(name => name.StartsWith("Attack_", StringComparison.Ordinal)).ToList();
        tried.Count.ShouldBe(s_attacks.Length);
        tried.Where(test => !s_rows.Exists(row => row.Tests.Contains($"`{test}`", StringComparison.Ordinal))).ShouldBeEmpty();
    }

    [Fact]
    public void Each_reason_that_we_send_is_reached_by_a_test()
    {
        // The table of all strings has a test of its own, which reaches nothing.
        var texts = s_tests.Where(file => !file.Path.EndsWith("/PaymentReasonTests.cs", StringComparison.Ordinal)).Select(file => file.Text).ToList();
        var table = RepositoryTree.Current.Read("src/Purser.Protocol/Payments/ReasonStrings.cs");
        var sent = Sent().Matches(table[..table.IndexOf("OnlyRead", StringComparison.Ordinal)]).Select(match => (Reason: match.Groups["reason"].Value, Wire: match.Groups["wire"].Value)).ToList();
        sent.Count.ShouldBeGreaterThan(60);
        sent.Where(row => !s_onlyRead.Contains(row.Reason) && !texts.Exists(text => text.Contains($"\"{row.Wire}\"", StringComparison.Ordinal) || Regex.IsMatch(text, $@"PaymentReason\.{row.Reason}\b"))).ShouldBeEmpty();
    }

    [GeneratedRegex(@"^\| (?<attack>[^|]+) \| [^|]+ \| (?<tests>`[A-Z].+) \|$", RegexOptions.ExplicitCapture)]
    private static partial Regex Row();

    [GeneratedRegex("`(?<name>[A-Z][0-9A-Za-z_]+_[0-9A-Za-z_]+)`", RegexOptions.ExplicitCapture)]
    private static partial Regex Cited();

    [GeneratedRegex(@"public (?:async )?(?:Task|void) (?<name>\w+)\(", RegexOptions.ExplicitCapture)]
    private static partial Regex TestName();

    // The first string of a row is the one that is sent.
    [GeneratedRegex(@"\(PaymentReason\.(?<reason>\w+),\s*\[\s*""(?<wire>[^""]+)""", RegexOptions.ExplicitCapture)]
    private static partial Regex Sent();
}
