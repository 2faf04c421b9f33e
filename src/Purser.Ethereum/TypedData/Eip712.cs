namespace Purser.Ethereum;

/// <summary>
/// EIP-712 by hand, for the hot path: a struct's type hash is computed once (<see cref="TypeHash"/>), its members are laid out by an
/// <see cref="Eip712StructWriter"/>, and <see cref="Digest"/> joins its hash to the domain's separator. No allocation per message.
/// The same meaning from a JSON document: <see cref="TypedData"/>.
/// </summary>
public static class Eip712
{
    /// <summary>
    /// The hash of an encoded type, such as <c>Mail(Person from,Person to,string contents)Person(string name,address wallet)</c>:
    /// the primary type first, the types that it refers to behind it in alphabetical order, no spaces but between type and name.
    /// </summary>
    public static Hash32 TypeHash(string encodedType) => Keccak256.Hash(StrictUtf8.Encoding.GetBytes(encodedType));

    /// <summary>What is signed: Keccak-256 of <c>0x19 0x01</c>, the domain's separator and the struct's hash.</summary>
    public static Hash32 Digest(in Hash32 domainSeparator, in Hash32 structHash)
    {
        Span<byte> bytes = stackalloc byte[66];
        bytes[0] = 0x19;
        bytes[1] = 0x01;
        domainSeparator.CopyTo(bytes[2..]);
        structHash.CopyTo(bytes[34..]);
        return Keccak256.Hash(bytes);
    }
}
