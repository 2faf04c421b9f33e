using System.Security.Cryptography;
using System.Text;

namespace Purser.Wallet.Keys.Kms;

/// <summary>An AWS access key. The secret is kept in memory that <see cref="Dispose"/> zeroes and is never shown.</summary>
public sealed class AwsCredentials : IDisposable
{
    private readonly byte[] _secret;
    private bool _disposed;

    /// <summary>Takes a copy of a key pair.</summary>
    /// <param name="accessKeyId">The key's id.</param>
    /// <param name="secretAccessKey">The secret; it stays the caller's to clear.</param>
    /// <param name="sessionToken">The token of temporary credentials, or null.</param>
    public AwsCredentials(string accessKeyId, ReadOnlySpan<char> secretAccessKey, string? sessionToken = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(accessKeyId);
        AccessKeyId = accessKeyId;
        SessionToken = sessionToken;

        // Signature Version 4 keys its first step with "AWS4" and the secret.
        _secret = GC.AllocateArray<byte>(4 + Encoding.UTF8.GetByteCount(secretAccessKey), pinned: true);
        "AWS4"u8.CopyTo(_secret);
        _ = Encoding.UTF8.GetBytes(secretAccessKey, _secret.AsSpan(4));
    }

    /// <summary>The key's id, which is no secret.</summary>
    public string AccessKeyId { get; }

    internal string? SessionToken { get; }

    /// <summary>Zeroes the secret.</summary>
    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_secret);
    }

    /// <summary>The key's id, never the secret.</summary>
    public override string ToString() => AccessKeyId;

    /// <summary>The signature of a string to sign: HMAC-SHA256 by a key derived of the secret, day, region and service (AWS Signature Version 4).</summary>
    internal string Sign(string day, string region, string service, string stringToSign)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Span<byte> key = stackalloc byte[32];
        _ = HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes(day), key);
        foreach (var part in new[] { region, service, "aws4_request" })
        {
            _ = HMACSHA256.HashData(key.ToArray(), Encoding.UTF8.GetBytes(part), key);
        }

        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(stringToSign)));
        CryptographicOperations.ZeroMemory(key);
        return signature;
    }
}
