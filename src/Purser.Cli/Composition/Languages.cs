using Purser.Agent.Payments;
using Purser.Cli.Commands;

namespace Purser.Cli.Composition;

/// <summary>Which language people are spoken to in: that of <c>--lang</c>, else of the environment, else English. JSON members and codes are the same in every language.</summary>
public static class Languages
{
    /// <summary>Whether it is Chinese.</summary>
    public static bool IsChinese(CommandContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var language = context.Parsed.GetValue(PurserCommand.LanguageOption) ?? Environment.GetEnvironmentVariable("LC_ALL") ?? Environment.GetEnvironmentVariable("LANG") ?? "";
        return language.StartsWith("zh", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The card's words.</summary>
    public static CardWords Card(CommandContext context) => IsChinese(context) ? CardWords.Chinese : CardWords.English;
}
