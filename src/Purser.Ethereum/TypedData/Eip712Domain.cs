using System.Text;

namespace Purser.Ethereum;

/// <summary>
/// The domain of EIP-712: which application, on which chain, checks the signature. Members that are null are left out of the type,
/// as the standard says; the others stand in the standard's order. The separator is computed once and kept.
/// </summary>
public sealed record Eip712Domain
{
    // Separators are recomputed rather than guarded: two threads may race here, and both come to the same value.
    private Tuple<Hash32>? _separator;

    /// <summary>The application's readable name; null leaves the member out.</summary>
    public string? Name { get; init { field = value; _separator = null; } }

    /// <summary>The version of the signing domain; null leaves the member out.</summary>
    public string? Version { get; init { field = value; _separator = null; } }

    /// <summary>The chain's number (EIP-155), a <c>uint256</c>; null leaves the member out.</summary>
    public UInt256? ChainId { get; init { field = value; _separator = null; } }

    /// <summary>The contract that checks the signature; null leaves the member out.</summary>
    public Address? VerifyingContract { get; init { field = value; _separator = null; } }

    /// <summary>A last-resort disambiguator; null leaves the member out.</summary>
    public Hash32? Salt { get; init { field = value; _separator = null; } }

    /// <summary>The domain of most contracts: name, version, chain and contract.</summary>
    public static Eip712Domain Create(string name, string version, ChainId chainId, Address verifyingContract) =>
        new() { Name = name, Version = version, ChainId = chainId.Value, VerifyingContract = verifyingContract };

    /// <summary>The domain's encoded type, such as <c>EIP712Domain(string name,uint256 chainId)</c>.</summary>
    public string EncodedType
    {
        get
        {
            var text = new StringBuilder("EIP712Domain(");
            Append(Name is not null, "string name");
            Append(Version is not null, "string version");
            Append(ChainId is not null, "uint256 chainId");
            Append(VerifyingContract is not null, "address verifyingContract");
            Append(Salt is not null, "bytes32 salt");
            return text.Append(')').ToString();

            void Append(bool present, string member)
            {
                if (present)
                {
                    text.Append(text[^1] == '(' ? "" : ",").Append(member);
                }
            }
        }
    }

    /// <summary>The domain separator: the hash of this domain as a struct.</summary>
    /// <exception cref="EncoderFallbackException">Name or version holds half a surrogate pair.</exception>
    public Hash32 Separator => (_separator ??= Tuple.Create(ComputeSeparator())).Item1;

    /// <summary>Two domains are equal when all members are.</summary>
    public bool Equals(Eip712Domain? other) => other is not null && Name == other.Name && Version == other.Version
        && ChainId == other.ChainId && VerifyingContract == other.VerifyingContract && Salt == other.Salt;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Version, ChainId, VerifyingContract, Salt);

    private Hash32 ComputeSeparator()
    {
        var members = (Name is null ? 0 : 1) + (Version is null ? 0 : 1) + (ChainId is null ? 0 : 1) + (VerifyingContract is null ? 0 : 1) + (Salt is null ? 0 : 1);
        var writer = new Eip712StructWriter((stackalloc byte[32 * 6])[..(32 * (1 + members))], Eip712.TypeHash(EncodedType));
        if (Name is not null)
        {
            writer.AddString(Name);
        }
        if (Version is not null)
        {
            writer.AddString(Version);
        }
        if (ChainId is { } chainId)
        {
            writer.Add(chainId);
        }
        if (VerifyingContract is { } contract)
        {
            writer.Add(contract);
        }
        if (Salt is { } salt)
        {
            writer.Add(salt);
        }
        return writer.Hash();
    }
}
