using System.Text.Json;
using Purser.Protocol.Json;

namespace Purser.Protocol.SignIn;

/// <summary>
/// What a human lets an agent do (A2G "account linkage", specs/signin.md 1.7). Amounts are platform credits: whole numbers from 0 to
/// <see cref="MaxCredits"/>, never money and never floating point. A member that is null sets no limit. What the members mean while
/// playing is the tables' affair; which change loosens them is <see cref="LinkPermissionRules"/>.
/// </summary>
public sealed record LinkPermissions
{
    /// <summary>The most credits that JSON readers keep exactly: 2^53 - 1.</summary>
    public const long MaxCredits = (1L << 53) - 1;

    /// <summary>The most tables that can be named.</summary>
    public const int MaxTables = 1_000;

    /// <summary>The most games that can be named.</summary>
    public const int MaxGames = 64;

    /// <summary>The longest name of a game, in characters.</summary>
    public const int MaxGameLength = 64;

    private readonly IReadOnlyList<string>? _allowedGames;

    /// <summary>No limits.</summary>
    public static LinkPermissions Unlimited { get; } = new();

    /// <summary>The most credits staked in one round, all bets together; null for no limit.</summary>
    public long? MaxStakePerRound { get; init; }

    /// <summary>The games that may be played, sorted and each once; null for all, empty for none.</summary>
    public IReadOnlyList<string>? AllowedGames
    {
        get => _allowedGames;
        init => _allowedGames = value is null ? null : [.. value.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    /// <summary>The most credits lost, with what is at risk, in any 24 hours; null for no limit.</summary>
    public long? DailyLossLimit { get; init; }

    /// <summary>The most tables that the agent sits at; null for no limit.</summary>
    public int? MaxConcurrentTables { get; init; }

    /// <summary>
    /// Reads the members of an A2G <c>permissions</c> object. Members that are not known are ignored, as A2G demands; whoever sent them sees from the reply
    /// what counts. Refused, with the member's name: a number with a sign, a fraction or an exponent, one beyond its bound, and a game's name that is not
    /// small letters, digits and single hyphens or stands twice.
    /// </summary>
    /// <param name="shape">The object; carries the refusal afterwards.</param>
    public static LinkPermissions Read(JsonShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        var permissions = new LinkPermissions
        {
            MaxStakePerRound = Number("maxStakePerRound", MaxCredits),
            AllowedGames = Games(shape),
            DailyLossLimit = Number("dailyLossLimit", MaxCredits),
            MaxConcurrentTables = (int?)Number("maxConcurrentTables", MaxTables),
        };
        return shape.Ok ? permissions : new();

        long? Number(string member, long most)
        {
            if (!shape.Has(member))
            {
                return null;
            }

            var number = shape.Integer(member, 0, most);
            if (shape.Ok && shape.Element.GetProperty(member).GetRawText()[0] == '-')
            {
                shape.RefuseValue(member, "Expected a whole number without a sign"); // "-0"
            }

            return number;
        }
    }

    /// <summary>Writes the object that <see cref="Read"/> reads; a member without a limit is left out.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        Number("maxStakePerRound", MaxStakePerRound);
        if (AllowedGames is { } games)
        {
            writer.WriteStartArray("allowedGames");
            foreach (var game in games)
            {
                writer.WriteStringValue(game);
            }

            writer.WriteEndArray();
        }

        Number("dailyLossLimit", DailyLossLimit);
        Number("maxConcurrentTables", MaxConcurrentTables);
        writer.WriteEndObject();

        void Number(string member, long? value)
        {
            if (value is { } number)
            {
                writer.WriteNumber(member, number);
            }
        }
    }

    /// <summary>Whether a text can name a game: small letters, digits and single hyphens within, 1 to <see cref="MaxGameLength"/> characters.</summary>
    public static bool IsGame(string? text) =>
        text is { Length: > 0 and <= MaxGameLength } && text[0] != '-' && text[^1] != '-' && !text.Contains("--", StringComparison.Ordinal)
        && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    /// <summary>Equal when they allow the same.</summary>
    public bool Equals(LinkPermissions? other) => other is not null && MaxStakePerRound == other.MaxStakePerRound && DailyLossLimit == other.DailyLossLimit
        && MaxConcurrentTables == other.MaxConcurrentTables
        && (AllowedGames is null ? other.AllowedGames is null : other.AllowedGames is not null && AllowedGames.SequenceEqual(other.AllowedGames, StringComparer.Ordinal));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(MaxStakePerRound, DailyLossLimit, MaxConcurrentTables, AllowedGames?.Count);

    private static IReadOnlyList<string>? Games(JsonShape shape)
    {
        if (!shape.Has("allowedGames"))
        {
            return null;
        }

        var games = shape.OptionalStrings("allowedGames");
        if (games.Count > MaxGames || games.Any(game => !IsGame(game)) || games.Distinct(StringComparer.Ordinal).Count() != games.Count)
        {
            shape.RefuseValue("allowedGames", $"Expected at most {MaxGames} names of games in small letters, digits and hyphens, each once");
        }

        return games;
    }
}
