using System.Text.RegularExpressions;

namespace Purser.Repo.Tests.Tidy;

/// <summary>The rules of a line. Patterns are spelled so that this file does not match them.</summary>
internal static partial class LineRules
{
    /// <summary>Every rule.</summary>
    public static IReadOnlyList<LineRule> All { get; } =
    [
        new("leftover", IsCode, Leftover(), "finish it, or write an issue and leave the code whole"),
        new("unfinished", IsCSharp, Unfinished(), "code that is not there must not compile", CodeOnly: true),
        new("sleep", IsCSharp, Sleep(), "wait on an event or a TimeProvider timer", CodeOnly: true),
        new("skip", IsCSharp, Skip(), "a test that lacks a component says so through Require in tests/Purser.Testing", CodeOnly: true),
        new("empty test", IsCSharp, EmptyTest(), "an assertion that cannot fail tests nothing", CodeOnly: true),
        new("pragma", IsCSharp, BarePragma(), "give the reason on the line: #pragma warning disable XY0000 // why"),
        new("suppression", IsCSharp, BareSuppression(), "give the reason on the line: Justification = \"why\""),
        new("machine path", IsText, MachinePath(), "a path of one machine means nothing on another"),
        new("registry host", IsText, RegistryHost(), "package sources are the user's setting, not the repository's"),
        new("claim", IsDocument, Claim(), "say what was tested against what; nobody has certified anything"),
        new("private key", IsText, PemKey(), "keys have no place in a repository"),
    ];

    private static readonly string[] _code = [".cs", ".sol", ".sh", ".mjs", ".js", ".ts", ".csproj", ".props", ".targets"];
    private static readonly string[] _noText = [".gz", ".zip", ".png", ".ico", ".db"];

    /// <summary>Known answers are other people's data; they are taken as they are.</summary>
    public static bool IsText(string path) =>
        !path.StartsWith("vectors/", StringComparison.Ordinal) && !_noText.Contains(Path.GetExtension(path));

    private static bool IsCSharp(string path) => path.EndsWith(".cs", StringComparison.Ordinal);

    private static bool IsDocument(string path) => path.EndsWith(".md", StringComparison.Ordinal);

    private static bool IsCode(string path) => _code.Contains(Path.GetExtension(path)) || !Path.HasExtension(path) || path is ".ci/run";

    [GeneratedRegex(@"\b(TO(?:)DO|FIX(?:)ME|HA(?:)CK|XX(?:)X)\b", RegexOptions.ExplicitCapture)]
    private static partial Regex Leftover();

    [GeneratedRegex(@"\bNot(?:)ImplementedException\b", RegexOptions.ExplicitCapture)]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"\bThread\s*\.\s*Sleep\b", RegexOptions.ExplicitCapture)]
    private static partial Regex Sleep();

    [GeneratedRegex(@"\bSkip\s*=|\bAssert\s*\.\s*Skip(When|Unless)?\b|\bSkip(When|Unless)\s*=", RegexOptions.ExplicitCapture)]
    private static partial Regex Skip();

    [GeneratedRegex(@"\bAssert\s*\.\s*(True\s*\(\s*true|False\s*\(\s*false)\s*\)|\btrue\s*\.\s*ShouldBeTrue\b", RegexOptions.ExplicitCapture)]
    private static partial Regex EmptyTest();

    [GeneratedRegex(@"^\s*#pragma\s+warning\s+disable\b(?!.*//.*\w{3})", RegexOptions.ExplicitCapture)]
    private static partial Regex BarePragma();

    [GeneratedRegex(@"^\s*\[.*\b(Unconditional)?SuppressMessage\s*\((?!.*Justification)", RegexOptions.ExplicitCapture)]
    private static partial Regex BareSuppression();

    [GeneratedRegex(@"(?<![\w.\-/:<>*$}\)])/(work|home|Users|root|mnt)/\w", RegexOptions.ExplicitCapture)]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"registry\.(npmjs|yarnpkg)|\b(api|www)\.nuget\.org|\bnpmjs\.(com|org)|\bnuget\.org|\bpypi\.(org|io)|\bcrates\.io|deb\.(debian|nodesource)\.|\bproxy\.golang\b", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    private static partial Regex RegistryHost();

    [GeneratedRegex(@"\b(certified by|compatible with)\b", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    private static partial Regex Claim();

    [GeneratedRegex(@"-----BEGIN( [A-Z]+)* PRIVATE KEY-----", RegexOptions.ExplicitCapture)]
    private static partial Regex PemKey();
}
