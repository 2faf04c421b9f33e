using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Purser.Wallet.Keys.Custodian;

/// <summary>
/// A custodian's API key: a secret that moves money. It is kept in memory that <see cref="Dispose"/> zeroes, never shown, and cut out
/// of what the custodian writes back. A request's header needs it as text for the time of the request.
/// </summary>
public sealed class CustodianApiKey : IDisposable
{
    /// <summary>The longest key, in characters.</summary>
    public const int MaxLength = 512;

    private readonly char[] _key;
    private bool _disposed;

    private CustodianApiKey(ReadOnlySpan<char> key)
    {
        _key = GC.AllocateArray<char>(key.Length, pinned: true);
        key.CopyTo(_key);
    }

    /// <summary>Takes a copy of a key: 8 to 512 printable ASCII characters without space. What is at its ends (a line break of a file) is cut off.</summary>
    /// <param name="text">The key; it stays the caller's to clear.</param>
    public static KeyResult<CustodianApiKey> Create(ReadOnlySpan<char> text)
    {
        var key = text.Trim();
        return key.Length is >= 8 and <= MaxLength && !key.ContainsAnyExceptInRange('!', '~')
            ? new KeyResult<CustodianApiKey>.Found(new(key))
            : new KeyResult<CustodianApiKey>.Refused(new("api_key_invalid", $"that is no API key: 8 to {MaxLength} printable characters without space", "copy the key again from the custodian's page; it is not shown here", WalletRefusalKind.Usage));
    }

    /// <summary>Zeroes the key.</summary>
    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(_key.AsSpan()));
    }

    /// <summary>Never the key.</summary>
    public override string ToString() => "(API key)";

    internal string Reveal()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new string(_key);
    }

    // A custodian's error text may repeat the header that it was sent.
    internal string CutOut(string text) => _disposed ? "" : text.Replace(Reveal(), "(API key)", StringComparison.OrdinalIgnoreCase);
}
