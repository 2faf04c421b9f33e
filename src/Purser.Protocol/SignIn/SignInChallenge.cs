using System.Text.Json;
using Purser.Protocol.Json;

namespace Purser.Protocol.SignIn;

/// <summary>What an operator gives to be signed: <c>{message, nonce}</c> (seed 003; specs/signin-checklist.md A1). From a stranger it is a claim: see <see cref="SignInExpectation"/>.</summary>
/// <param name="Message">The text to be signed by EIP-191, byte for byte.</param>
/// <param name="Nonce">The nonce of the message, by which the operator knows it again.</param>
public sealed record SignInChallenge(string Message, string Nonce)
{
    /// <summary>The longest nonce that is read, in characters.</summary>
    public const int MaxNonceLength = 128;

    /// <summary>Reads the object; unknown members are not looked at. What is wrong stands in the shape's refusal.</summary>
    public static SignInChallenge Read(JsonShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return new(shape.String("message", SignInMessage.MaxLength), shape.String("nonce", MaxNonceLength));
    }

    /// <summary>Writes the object.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteString("message", Message);
        writer.WriteString("nonce", Nonce);
        writer.WriteEndObject();
    }
}
