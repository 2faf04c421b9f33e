using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Purser.Ethereum;

namespace Purser.Wallet.Vault;

/// <summary>What a secret of the login is for. Its text begins with the kind's letters, so that one is never taken for another and a leaked one is recognised.</summary>
public enum SecretKind
{
    /// <summary><c>pva_</c>: the bearer token of a request.</summary>
    Access,

    /// <summary><c>pvr_</c>: gets the next pair of tokens, once.</summary>
    Refresh,

    /// <summary><c>pvk_</c>: an API key.</summary>
    ApiKey,

    /// <summary><c>pvd_</c>: made and kept by the device that logs in.</summary>
    Device,

    /// <summary><c>pvn_</c>: names one refresh, so that a repeat after a lost reply is told from a theft.</summary>
    Rotation,

    /// <summary><c>pht_</c>: lets a human's own programs act for him at a sign-in service, for A2G the <c>humanUserToken</c>.</summary>
    Human,

    /// <summary><c>pdc_</c>: RFC 8628's device code, by which an agent asks what became of its request to be linked.</summary>
    DeviceCode,
}

/// <summary>An opaque secret of 256 bits: four letters and 43 characters of base64url. The store keeps its SHA-256 alone.</summary>
public sealed class SecretToken
{
    /// <summary>The secret's size in bytes.</summary>
    public const int Size = 32;

    /// <summary>The text's length in characters.</summary>
    public const int TextLength = 4 + 43;

    private readonly byte[] _bytes;

    private SecretToken(SecretKind kind, byte[] bytes)
    {
        Kind = kind;
        _bytes = bytes;
    }

    /// <summary>What it is for.</summary>
    public SecretKind Kind { get; }

    /// <summary>The 32 bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Draws a new one.</summary>
    public static SecretToken Create(SecretKind kind, IRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        var bytes = new byte[Size];
        random.Fill(bytes);
        return new(kind, bytes);
    }

    /// <summary>Makes one of 32 bytes that were derived.</summary>
    /// <exception cref="ArgumentException">Another number of bytes.</exception>
    public static SecretToken FromBytes(SecretKind kind, ReadOnlySpan<byte> bytes) =>
        bytes.Length == Size ? new(kind, bytes.ToArray()) : throw new ArgumentException("32 bytes", nameof(bytes));

    /// <summary>Reads the one text form; anything else is refused before the store is asked.</summary>
    public static bool TryParse(SecretKind kind, string? text, [NotNullWhen(true)] out SecretToken? token)
    {
        token = null;
        if (text is null || text.Length != TextLength || !text.StartsWith(Prefix(kind), StringComparison.Ordinal))
        {
            return false;
        }

        var bytes = new byte[Size];
        if (!Base64Url.IsValid(text.AsSpan(4), out var length) || length != Size || !Base64Url.TryDecodeFromChars(text.AsSpan(4), bytes, out _))
        {
            return false;
        }

        token = new(kind, bytes);
        return token.Reveal() == text; // bits beyond the 256 would be a second spelling
    }

    /// <summary>The text, for the one who is to hold it.</summary>
    public string Reveal() => Prefix(Kind) + Base64Url.EncodeToString(_bytes);

    /// <summary>What the store keeps.</summary>
    public byte[] Hash() => SHA256.HashData(_bytes);

    /// <summary>Never the secret: a token that ends up in a log line or an exception says only what it is.</summary>
    public override string ToString() => $"{Prefix(Kind)}…";

    private static string Prefix(SecretKind kind) => kind switch
    {
        SecretKind.Access => "pva_",
        SecretKind.Refresh => "pvr_",
        SecretKind.ApiKey => "pvk_",
        SecretKind.Device => "pvd_",
        SecretKind.Rotation => "pvn_",
        SecretKind.Human => "pht_",
        SecretKind.DeviceCode => "pdc_",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
