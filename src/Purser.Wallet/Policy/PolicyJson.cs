using System.Diagnostics.CodeAnalysis;
using Purser.Protocol.Assets;
using Purser.Protocol.Json;

namespace Purser.Wallet.Policy;

/// <summary>
/// The policy file's form (docs/policy.md, docs/policy.schema.json): one JSON object, strict but for comments. Amounts are strings, minimal units (<c>"1000000"</c>) or whole tokens with
/// the symbol (<c>"1.00 USDC"</c>). Everything is checked when it is read: an unknown member, a member given twice, an asset that the registry does not know, a rule given twice or
/// without a cap is refused with its path, and then nothing is signed.
/// </summary>
public static class PolicyJson
{
    /// <summary>The version of the form.</summary>
    public const int Version = 1;

    /// <summary>The largest file that is read, in bytes.</summary>
    public const int MaxBytes = 256 * 1024;

    private static readonly JsonLimits s_limits = new(MaxBytes, MaxDepth: 8, MaxMembers: 1_000);

    /// <summary>Reads a policy.</summary>
    /// <param name="utf8">The file's bytes.</param>
    /// <param name="registry">What assets are known.</param>
    /// <param name="policy">The policy, when true.</param>
    /// <param name="refusal">What is wrong, when false.</param>
    public static bool TryParse(ReadOnlySpan<byte> utf8, AssetRegistry registry, [NotNullWhen(true)] out SpendingPolicy? policy, [NotNullWhen(false)] out JsonRefusal? refusal)
    {
        ArgumentNullException.ThrowIfNull(registry);
        var root = JsonShape.Parse(utf8.Length <= MaxBytes ? JsonComments.Blank(utf8) : utf8, s_limits);
        policy = new PolicyReader(registry).Read(root);
        refusal = root.Refusal;
        policy = root.Ok ? policy : null;
        return policy is not null;
    }

    /// <summary>Writes a policy, indented, for people. What is read back is the same policy.</summary>
    public static byte[] Write(SpendingPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return PolicyWriter.Write(policy);
    }
}
