using System.Text;
using System.Text.RegularExpressions;

namespace Purser.Repo.Tests.SignIn;

/// <summary>docs/signin-checks.md names each test of the vulnerability list (V1 to V81) and each line of the sign-in checklist once, with tests that are there or with the reason why there is none. UPDATE_SNAPSHOTS=1 writes each test into the rows that its name begins with.</summary>
public sealed partial class SignInParityTests
{
    private const string Document = "docs/signin-checks.md";

    // How many lines each letter has; V is the vulnerability list.
    private static readonly (char Letter, int Lines)[] s_letters = [('V', 81), ('A', 11), ('B', 5), ('C', 12), ('D', 13), ('E', 13), ('F', 13), ('G', 6), ('H', 4)];

    private static readonly List<(string Line, string Proof)> s_rows = [.. RepositoryTree.Current.Read(Document).Split('\n').Select(line => Row().Match(line)).Where(match => match.Success)
        .Select(match => (match.Groups["line"].Value, match.Groups["proof"].Value))];

    private static readonly HashSet<string> s_tests = [.. RepositoryTree.Current.Files(".cs").Where(file => file.Path.StartsWith("tests/", StringComparison.Ordinal))
        .SelectMany(file => TestName().Matches(file.Text).Select(match => match.Groups["name"].Value))];

    [Fact]
    public void Each_line_stands_in_the_table_once()
    {
        var lines = s_rows.Select(row => row.Line).ToList();
        lines.ShouldBe(s_letters.SelectMany(letter => Range(letter.Letter, 1, letter.Lines)).Where(lines.Contains), "in this order, each once");
        s_letters.SelectMany(letter => Range(letter.Letter, 1, letter.Lines)).Where(line => !lines.Contains(line)).ShouldBeEmpty();
    }

    [Fact]
    public void The_table_is_as_it_would_be_written()
    {
        var update = Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1";
        var written = RepositoryTree.Current.Read(Document);
        var head = written[..written.IndexOf("\n## ", StringComparison.Ordinal)];
        var text = new StringBuilder(head.TrimEnd('\n')).Append('\n');
        foreach (var (letter, count) in s_letters)
        {
            var rows = Range(letter, 1, count).Where(line => update || s_rows.Exists(row => row.Line == line)).Select(line => (Line: line, Proof: ProofOf(line))).Where(row => row.Proof.Length > 0).ToList();
            if (rows.Count > 0)
            {
                text.Append("\n## ").Append(Heading(letter)).Append("\n\n| line | tests |\n|---|---|\n").AppendJoin("", rows.Select(row => $"| {row.Line} | {row.Proof} |\n"));
            }
        }

        if (update)
        {
            File.WriteAllText(Path.Combine(RepositoryTree.Current.Root, Document), text.ToString());
        }
        else
        {
            written.ShouldBe(text.ToString());
        }
    }

    [Fact]
    public void Each_row_cites_tests_that_are_there_or_says_why_there_is_none()
    {
        foreach (var (line, proof) in s_rows)
        {
            var cited = Cited().Matches(proof).Select(match => match.Groups["name"].Value).ToList();
            (cited.Count > 0 || proof.StartsWith("exception: ", StringComparison.Ordinal)).ShouldBeTrue(line);
            cited.Where(name => !s_tests.Contains(name)).ShouldBeEmpty(line);
        }
    }

    [Fact]
    public void Each_test_that_is_named_after_lines_stands_at_each_of_them()
    {
        var proofs = s_rows.ToDictionary(row => row.Line, row => row.Proof);
        foreach (var test in s_tests)
        {
            foreach (var line in LinesOf(test))
            {
                proofs[line].ShouldContain($"`{test}`", Case.Sensitive, line);
            }
        }
    }

    private static string Heading(char letter) => letter switch
    {
        'V' => "The vulnerability list",
        'A' => "A: challenge",
        'B' => "B: sign",
        'C' => "C: verify",
        'D' => "D: WebSocket",
        'E' => "E: session",
        'F' => "F: links",
        'G' => "G: limits",
        _ => "H: surface",
    };

    // What the row says already, and the tests that are named after its line.
    private static string ProofOf(string line)
    {
        var said = s_rows.Where(row => row.Line == line).Select(row => row.Proof).FirstOrDefault("");
        var named = s_tests.Where(test => LinesOf(test).Contains(line)).Select(test => $"`{test}`").Where(test => !said.Contains(test, StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        return string.Join(", ", named.Prepend(said).Where(part => part.Length > 0));
    }

    // V1_…, V2_V3_…, SignIn_A1_…, V2_SignIn_A4_…: numbers of the list stand first, lines of the checklist behind the word.
    private static IEnumerable<string> LinesOf(string test)
    {
        var checklist = false;
        foreach (var word in test.Split('_'))
        {
            if (word == "SignIn" && !checklist)
            {
                checklist = true;
            }
            else if (LineName().IsMatch(word) && (checklist || word[0] == 'V'))
            {
                yield return word;
            }
            else
            {
                yield break;
            }
        }
    }

    private static IEnumerable<string> Range(char letter, int first, int last) => Enumerable.Range(first, last - first + 1).Select(number => $"{letter}{number}");

    [GeneratedRegex(@"^\| (?<line>[A-HV]\d+) \| (?<proof>.+) \|$", RegexOptions.ExplicitCapture)]
    private static partial Regex Row();

    [GeneratedRegex("`(?<name>[A-Z][0-9A-Za-z_]+_[0-9A-Za-z_]+)`", RegexOptions.ExplicitCapture)]
    private static partial Regex Cited();

    // A method under [Fact] or [Theory], whatever other attributes and comments stand between.
    [GeneratedRegex(@"^\s*\[(Fact|Theory)\b[^\n]*\n(\s*(\[|//)[^\n]*\n)*\s*public (async )?(Task|void) (?<name>\w+)\(", RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    private static partial Regex TestName();

    [GeneratedRegex(@"^[A-HV][1-9]\d?$")]
    private static partial Regex LineName();
}
