using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Json;

namespace Purser.Protocol.SignIn;

/// <summary>An operator's yes: <c>{token, sessionId, expiresAt, walletAddress}</c> (specs/signin-checklist.md C2, C5). The token is a secret, the session's id is none.</summary>
/// <param name="Token">The bearer token, opaque.</param>
/// <param name="SessionId">The session's name.</param>
/// <param name="ExpiresAt">When the token expires, in Unix seconds.</param>
/// <param name="WalletAddress">Whose the session is; null when the operator does not say it.</param>
public sealed record SignInGrant(string Token, string SessionId, long ExpiresAt, Address? WalletAddress)
{
    /// <summary>The longest token that is read, in characters.</summary>
    public const int MaxTokenLength = 4096;

    /// <summary>The longest session id that is read, in characters.</summary>
    public const int MaxSessionIdLength = 256;

    // Seconds reach this in the year 5138, milliseconds reached it in 1973.
    private const long FirstMillisecond = 100_000_000_000;

    /// <summary>Reads the object; unknown members are not looked at. What is wrong stands in the shape's refusal.</summary>
    public static SignInGrant Read(JsonShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        var token = shape.String("token", MaxTokenLength);
        if (shape.Ok && !IsToken(token))
        {
            shape.RefuseValue("token", "Expected letters, digits and -._~+/ with = at the end alone (RFC 6750)");
        }

        var session = shape.String("sessionId", MaxSessionIdLength);
        var expires = ReadTime(shape, "expiresAt");
        return new(token, session, expires, shape.Has("walletAddress") ? shape.Value<Address>("walletAddress") : null);
    }

    /// <summary>
    /// An instant in Unix seconds. A2G writes seconds over HTTP and milliseconds over its WebSocket (specs/signin.md 1.8), and operators mix them up: whatever
    /// can only be milliseconds is taken as such.
    /// </summary>
    /// <param name="shape">The object.</param>
    /// <param name="member">The member's name.</param>
    public static long ReadTime(JsonShape shape, string member)
    {
        ArgumentNullException.ThrowIfNull(shape);
        var time = shape.Integer(member, 1, 1L << 53);
        return time >= FirstMillisecond ? time / 1000 : time;
    }

    /// <summary>Writes the object, with the time in seconds.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteString("token", Token);
        writer.WriteString("sessionId", SessionId);
        writer.WriteNumber("expiresAt", ExpiresAt);
        if (WalletAddress is { } wallet)
        {
            writer.WriteString("walletAddress", wallet.ToString());
        }

        writer.WriteEndObject();
    }

    /// <summary>Never the token: a grant that ends up in a log line says only whose it is.</summary>
    public override string ToString() => $"SignInGrant {{ SessionId = {SessionId}, ExpiresAt = {ExpiresAt}, WalletAddress = {WalletAddress} }}";

    // b64token: what may stand behind "Bearer " in a header.
    private static bool IsToken(string text)
    {
        var end = text.AsSpan().TrimEnd('=');
        foreach (var c in end)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.' or '_' or '~' or '+' or '/'))
            {
                return false;
            }
        }

        return end.Length > 0;
    }
}
