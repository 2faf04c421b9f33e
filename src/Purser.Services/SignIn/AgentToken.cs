using System.Buffers.Text;
using System.Security.Cryptography;
using Purser.Ethereum;

namespace Purser.Services.SignIn;

/// <summary>The bearer token of a session: <c>pas_</c>, by which a scanner for leaked secrets knows it, and 32 random bytes in base64url. The store keeps their SHA-256 alone.</summary>
internal static class AgentToken
{
    public const string Prefix = "pas_";
    private const int Size = 32;
    private const int TextLength = 4 + 43;

    /// <summary>Draws one: the text for its holder, and the hash for the store.</summary>
    public static (string Text, byte[] Hash) Create(IRandom random)
    {
        Span<byte> bytes = stackalloc byte[Size];
        random.Fill(bytes);
        return (Prefix + Base64Url.EncodeToString(bytes), SHA256.HashData(bytes));
    }

    /// <summary>What the store would know a token by; null for a text of another form, for which the store need not be asked.</summary>
    public static byte[]? Hash(string text)
    {
        Span<byte> bytes = stackalloc byte[Size];
        return text.Length == TextLength && text.StartsWith(Prefix, StringComparison.Ordinal)
            && Base64Url.IsValid(text.AsSpan(Prefix.Length), out var length) && length == Size && Base64Url.TryDecodeFromChars(text.AsSpan(Prefix.Length), bytes, out _)
            && text.AsSpan(Prefix.Length).SequenceEqual(Base64Url.EncodeToString(bytes)) // bits beyond the 256 would be a second spelling
                ? SHA256.HashData(bytes)
                : null;
    }
}
