using System.Text.Json;
using Purser.Protocol.Json;

namespace Purser.Protocol.Tables;

/// <summary>What a player asks for, as A2G's <c>submit_action</c> carries it in its payload: <c>{action, amount?, target?, clientSeed?}</c>.</summary>
/// <param name="Action">The action's name, as the game gives it.</param>
/// <param name="Amount">Credits, 1 to <see cref="Credits.Max"/>, where the action takes an amount.</param>
/// <param name="Target">Dice: the number to roll under, in hundredths.</param>
/// <param name="Seed">The player's share in the chance, where the action takes one.</param>
public sealed record TableMove(string Action, long? Amount = null, int? Target = null, ClientSeed? Seed = null)
{
    /// <summary>The most characters of an action's name.</summary>
    public const int MaxActionLength = 32;

    /// <summary>
    /// Reads a payload. Unknown members are passed over (A2G); an amount is a JSON whole number: negative, with a fraction or an exponent, above
    /// 2^53 - 1 or not a number is refused with <see cref="TableCodes.InvalidAmount"/>.
    /// </summary>
    public static TableMoveReading Read(JsonShape payload)
    {
        ArgumentNullException.ThrowIfNull(payload);
        var action = payload.String("action", MaxActionLength);
        if (payload.Refusal is { } malformed)
        {
            return Refused(TableCodes.InvalidAction, malformed.ToString(), "name one of availableActions");
        }

        var amount = payload.Has("amount") ? payload.Integer("amount", 1, Credits.Max) : (long?)null;
        if (payload.Refusal is { } wrongAmount)
        {
            return Refused(TableCodes.InvalidAmount, wrongAmount.ToString(), "give whole credits as a JSON number");
        }

        var target = payload.Has("target") ? (int)payload.Integer("target", 0, int.MaxValue) : (int?)null;
        var text = payload.OptionalString("clientSeed", ClientSeed.MaxLength);
        ClientSeed? seed = null;
        if (payload.Ok && text is not null && !ClientSeed.TryParse(text, out seed))
        {
            payload.RefuseValue("clientSeed", "Expected 1 to 64 characters of A-Z a-z 0-9 _ -");
        }

        return payload.Refusal is { } other
            ? Refused(TableCodes.InvalidAction, other.ToString(), "see the game's specification")
            : new TableMoveReading.Read(new TableMove(action, amount, target, seed));
    }

    /// <summary>Writes it as an object that <see cref="Read"/> gives back.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteString("action", Action);
        if (Amount is { } amount)
        {
            writer.WriteNumber("amount", amount);
        }

        if (Target is { } target)
        {
            writer.WriteNumber("target", target);
        }

        if (Seed is { } seed)
        {
            writer.WriteString("clientSeed", seed.Text);
        }

        writer.WriteEndObject();
    }

    private static TableMoveReading.Refused Refused(string code, string message, string hint) => new(new TableRefusal(code, message, hint));
}

/// <summary>What reading a move came to.</summary>
public abstract record TableMoveReading
{
    private TableMoveReading()
    {
    }

    /// <summary>It is a move; whether it is allowed now the game says.</summary>
    public sealed record Read(TableMove Move) : TableMoveReading;

    /// <summary>It is none.</summary>
    public sealed record Refused(TableRefusal Why) : TableMoveReading;
}
