using System.Text.RegularExpressions;

namespace Purser.Repo.Tests.Skill;

/// <summary>docs/skill-parity.md names each line of the skill's checklist once, with tests that are there or with the reason why there is none.</summary>
public sealed partial class SkillParityTests
{
    private const string Document = "docs/skill-parity.md";

    // How many lines each letter of the checklist has.
    private static readonly (char Letter, int Lines)[] s_letters = [('A', 7), ('B', 25), ('C', 20), ('D', 5), ('E', 13), ('F', 10), ('G', 8), ('H', 14), ('I', 15), ('J', 17), ('K', 10), ('L', 7), ('M', 6)];

    private static readonly List<(string Line, string Proof)> s_rows = [.. RepositoryTree.Current.Read(Document).Split('\n').Select(line => Row().Match(line)).Where(match => match.Success)
        .Select(match => (match.Groups["line"].Value, match.Groups["proof"].Value))];

    private static readonly HashSet<string> s_tests = [.. RepositoryTree.Current.Files(".cs").Where(file => file.Path.StartsWith("tests/", StringComparison.Ordinal))
        .SelectMany(file => TestName().Matches(file.Text).Select(match => match.Groups["name"].Value))];

    [Fact]
    public void Each_line_of_the_checklist_stands_in_the_table_once()
    {
        var expected = s_letters.SelectMany(letter => Enumerable.Range(1, letter.Lines).Select(number => $"{letter.Letter}{number}"));
        s_rows.SelectMany(row => Lines(row.Line)).ShouldBe(expected);
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
        var proofs = s_rows.SelectMany(row => Lines(row.Line).Select(line => (line, row.Proof))).ToDictionary(row => row.line, row => row.Proof);
        foreach (var test in s_tests)
        {
            foreach (var line in test.Split('_').TakeWhile(word => LineName().IsMatch(word)))
            {
                proofs[line].ShouldContain($"`{test}`", Case.Sensitive, line);
            }
        }
    }

    // "C1-C20" is a range of lines of one letter.
    private static IEnumerable<string> Lines(string text)
    {
        var ends = text.Split('-');
        var (first, last) = (int.Parse(ends[0][1..], System.Globalization.CultureInfo.InvariantCulture), int.Parse(ends[^1][1..], System.Globalization.CultureInfo.InvariantCulture));
        return Enumerable.Range(first, last - first + 1).Select(number => $"{text[0]}{number}");
    }

    [GeneratedRegex(@"^\| (?<line>[A-M]\d+(?:-[A-M]\d+)?) \| (?<proof>.+) \|$", RegexOptions.ExplicitCapture)]
    private static partial Regex Row();

    [GeneratedRegex("`(?<name>[A-Z][0-9A-Za-z_]+_[0-9A-Za-z_]+)`", RegexOptions.ExplicitCapture)]
    private static partial Regex Cited();

    // A method under [Fact] or [Theory], whatever other attributes stand between.
    [GeneratedRegex(@"^\s*\[(Fact|Theory)\b[^\n]*\n(\s*(\[|//)[^\n]*\n)*\s*public (async )?(Task|void) (?<name>\w+)\(", RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    private static partial Regex TestName();

    [GeneratedRegex(@"^[A-M][1-9]\d?$")]
    private static partial Regex LineName();
}
