using System.Text.RegularExpressions;

namespace Purser.Repo.Tests.Tidy;

/// <summary>A rule that one line of one kind of file can break.</summary>
/// <param name="Name">What the rule is about, for the failure's text.</param>
/// <param name="AppliesTo">Which files it is held against, by path.</param>
/// <param name="Broken">What a line that breaks it looks like.</param>
/// <param name="Message">What is wrong and what to do instead.</param>
/// <param name="CodeOnly">True where comments and strings of C# do not count.</param>
internal sealed record LineRule(string Name, Func<string, bool> AppliesTo, Regex Broken, string Message, bool CodeOnly = false)
{
    /// <summary>Each line of <paramref name="file"/> that breaks the rule.</summary>
    public IEnumerable<Finding> Check(SourceFile file)
    {
        if (!AppliesTo(file.Path))
        {
            yield break;
        }

        var lines = CodeOnly && file.Path.EndsWith(".cs", StringComparison.Ordinal)
            ? CSharpText.WithoutCommentsAndStrings(file.Text).Split('\n')
            : file.Lines;
        for (var i = 0; i < lines.Length; i++)
        {
            if (Broken.IsMatch(lines[i]))
            {
                yield return new Finding(file.Path, i + 1, $"{Message} [{Name}]");
            }
        }
    }
}
