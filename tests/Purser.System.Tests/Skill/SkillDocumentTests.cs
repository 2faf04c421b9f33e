using System.CommandLine;
using System.Text.RegularExpressions;
using Purser.Cli.Commands;
using Purser.Cli.Output;
using Purser.Testing;

namespace Purser.SystemTests.Skill;

/// <summary><c>skills/purser-pay/SKILL.md</c> says what is true of this build (x402-skill A).</summary>
public sealed partial class SkillDocumentTests
{
    private static readonly string s_path = Path.Combine(Vectors.RepositoryRoot, "skills", "purser-pay", "SKILL.md");
    private static readonly string s_text = File.ReadAllText(s_path);

    [Fact]
    public void A1_the_description_has_all_six_triggers()
    {
        var description = Field("description");
        foreach (var trigger in (string[])["HTTP 402", "x402", "pay for access", "402 payment", "payment-gated URL", "sign x402 payment"])
        {
            description.ShouldContain(trigger);
        }
    }

    [Fact]
    public void A4_what_the_skill_is_not_for_is_routed_to_a_command_of_ours_or_said_not_to_be_there()
    {
        var routing = Section("What this is not for");
        foreach (var route in (string[])["wallet balance", "pay list", "journal list", "security token-scan", "wallet status", "policy show"])
        {
            routing.ShouldContain($"purser {route}");
        }
        var absent = routing.Split('\n').Single(line => line.Contains("not provided", StringComparison.Ordinal));
        foreach (var wish in (string[])["another person's balance", "sending", "swaps", "prices", "token search", "market signals", "meme", "broadcasts", "gas"])
        {
            absent.ShouldContain(wish);
        }
    }

    [Fact]
    public void A6_the_frontmatter_has_name_licence_author_homepage_and_the_version_of_this_build()
    {
        Field("name").ShouldBe("purser-pay");
        Field("license").ShouldBe("MIT");
        Field("  author").ShouldNotBeEmpty();
        File.Exists(Path.Combine(Path.GetDirectoryName(s_path)!, Field("  homepage"))).ShouldBeTrue();
        Field("  version").ShouldBe(Purser.Cli.Program.Version);
    }

    [Fact]
    public void Every_command_in_it_exists_with_its_flags()
    {
        using var output = new CliOutput(TextReader.Null, TextWriter.Null, TextWriter.Null, inputIsTerminal: false, outputIsTerminal: false);
        var commands = CommandList.All(output).ToList();
        Option[] everywhere = [PurserCommand.JsonOption, PurserCommand.DataOption, PurserCommand.LanguageOption];
        var named = CommandSpan().Matches(s_text).Select(match => match.Groups["line"].Value).Where(line => line != "--version").ToList();
        named.Count.ShouldBeGreaterThan(15);
        foreach (var line in named)
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var command = commands.SingleOrDefault(c => c.Name == words[0]).ShouldNotBeNull(line);
            foreach (var word in words.Skip(1).TakeWhile(word => command.Subcommands.Any()))
            {
                command = command.Subcommands.SingleOrDefault(c => c.Name == word).ShouldNotBeNull(line);
            }
            foreach (var flag in words.Where(word => word.StartsWith("--", StringComparison.Ordinal)))
            {
                command.Options.Concat(everywhere).Any(option => option.Name == flag).ShouldBeTrue($"{flag} in: purser {line}");
            }
        }
    }

    private static string Field(string name) => s_text.Split("---")[1].Split('\n').Single(line => line.StartsWith($"{name}:", StringComparison.Ordinal))[(name.Length + 1)..].Trim();

    private static string Section(string title) => s_text.Split($"## {title}\n")[1].Split("\n## ")[0];

    [GeneratedRegex("`purser (?<line>[^`]+)`", RegexOptions.ExplicitCapture)]
    private static partial Regex CommandSpan();
}
