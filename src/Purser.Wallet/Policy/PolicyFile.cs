using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Contracts;
using Purser.Wallet.Keys;

namespace Purser.Wallet.Policy;

/// <summary>
/// The policy file of a data folder, <c>policy.json</c>. It is read anew for every payment, so that tightening it, or pausing, holds at
/// once and for every process. Without the file nothing is signed. A file that others can change is refused.
/// </summary>
public sealed class PolicyFile
{
    /// <summary>The file's name in the data folder.</summary>
    public const string FileName = "policy.json";

    private readonly string _path;

    /// <summary>Names the file; nothing is read yet.</summary>
    /// <param name="dataFolder">The data folder, absolute.</param>
    /// <param name="registry">What assets are known.</param>
    public PolicyFile(string dataFolder, AssetRegistry registry)
    {
        ArgumentNullException.ThrowIfNull(registry);
        _path = Path.Combine(dataFolder, FileName);
        Registry = registry;
    }

    /// <summary>What assets are known.</summary>
    internal AssetRegistry Registry { get; }

    /// <summary>Writes a first policy, 0600. False when there is one already, which stays as it is: <see cref="PolicyKeeper"/> replaces a policy.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public bool TryCreate(SpendingPolicy policy, IRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return !File.Exists(_path) && PrivateFile.TryWrite(_path, PolicyJson.Write(policy), replace: false, random);
    }

    /// <summary>Writes the file over, whole or not at all.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    internal void Replace(ReadOnlySpan<byte> content, IRandom random) => _ = PrivateFile.TryWrite(_path, content, replace: true, random);

    /// <summary>The functions by which calls are shown (<c>IntentSummary</c>): those that the policy names, none when it cannot be read. For showing only; nothing is judged by them.</summary>
    public KnownFunctions ReadFunctions() => TryLoad(out var policy, out _, out _) ? policy.ToKnownFunctions() : KnownFunctions.None;

    /// <summary>Reads and checks the policy.</summary>
    /// <param name="policy">The policy, when true.</param>
    /// <param name="hash">SHA-256 of the file's bytes, which the journal records; when true.</param>
    /// <param name="refusal">Why nothing can be signed, when false.</param>
    public bool TryLoad([NotNullWhen(true)] out SpendingPolicy? policy, out Hash32 hash, [NotNullWhen(false)] out WalletRefusal? refusal)
    {
        policy = null;
        hash = default;
        try
        {
            refusal = PrivateFile.CheckMode(_path, secret: false);
            if (refusal is not null)
            {
                return false;
            }

            if (!File.Exists(_path))
            {
                refusal = new("policy_missing", $"there is no policy at {_path}, so nothing may be signed", "begin the data folder with `purser wallet new --policy cautious`, or set one with `purser policy set --preset cautious`", WalletRefusalKind.Policy);
                return false;
            }

            var bytes = ReadBounded();
            if (!PolicyJson.TryParse(bytes, Registry, out policy, out var wrong))
            {
                var why = bytes.Length switch
                {
                    0 => "it is empty",
                    > PolicyJson.MaxBytes => $"it is larger than {PolicyJson.MaxBytes} bytes",
                    _ => wrong.ToString(),
                };
                refusal = new("policy_malformed", $"the policy at {_path} cannot be read: {why}", "mend the file; until then nothing is signed", WalletRefusalKind.Policy);
                return false;
            }

            hash = new Hash32(SHA256.HashData(bytes));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            refusal = new("policy_unreadable", $"the policy at {_path} cannot be read", "check its owner and mode", WalletRefusalKind.Policy);
            return false;
        }
    }

    // At most one byte more than a policy has: a file that grows while it is read, or one that has no length and no end, is cut and refused. An editor that has it open does not keep us from reading.
    private byte[] ReadBounded()
    {
        using var file = new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        var buffer = new byte[PolicyJson.MaxBytes + 1];
        return buffer[..file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)];
    }
}
