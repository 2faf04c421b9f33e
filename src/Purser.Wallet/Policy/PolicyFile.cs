using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Purser.Ethereum;
using Purser.Protocol.Assets;
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

            var file = new FileInfo(_path);
            if (!file.Exists)
            {
                refusal = new("policy_missing", $"there is no policy at {_path}, so nothing may be signed", "begin the data folder with `purser wallet new --policy cautious`, or set one with `purser policy set --preset cautious`", WalletRefusalKind.Policy);
                return false;
            }

            var bytes = file.Length <= PolicyJson.MaxBytes ? File.ReadAllBytes(_path) : [];
            if (!PolicyJson.TryParse(bytes, Registry, out policy, out var wrong))
            {
                refusal = new("policy_malformed", $"the policy at {_path} cannot be read: {(bytes.Length == 0 ? $"it is empty or larger than {PolicyJson.MaxBytes} bytes" : wrong)}", "mend the file; until then nothing is signed", WalletRefusalKind.Policy);
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
}
