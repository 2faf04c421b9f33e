using System.Text.Json;

namespace Purser.Ethereum;

/// <summary>The domain of a typed-data document: five members that the standard knows, each with its one type.</summary>
internal static class TypedDataDomain
{
    // In the standard's order.
    private static readonly (string Name, string Type)[] s_members =
    [
        ("name", "string"), ("version", "string"), ("chainId", "uint256"), ("verifyingContract", "address"), ("salt", "bytes32"),
    ];

    internal static Eip712Domain Read(JsonElement domain)
    {
        if (domain.ValueKind != JsonValueKind.Object)
        {
            throw new TypedDataException("domain", "expected an object");
        }
        var read = new Eip712Domain();
        foreach (var member in domain.EnumerateObject())
        {
            var name = TypedDataValues.Name(member, "domain");
            var path = $"domain.{ForeignText.Clean(name, 60)}";
            var value = member.Value;
            read = name switch
            {
                "name" => read with { Name = TypedDataValues.Text(value, path) },
                "version" => read with { Version = TypedDataValues.Text(value, path) },
                "chainId" => read with { ChainId = UInt256.FromBigEndian(TypedDataValues.Number(AbiType.Elementary("uint256")!, value, path)) },
                "verifyingContract" => read with { VerifyingContract = Address.TryParse(TypedDataValues.Text(value, path), out var contract) ? contract : throw new TypedDataException(path, "not an address") },
                "salt" => read with { Salt = Hash32.TryParse(TypedDataValues.Text(value, path), out var salt) ? salt : throw new TypedDataException(path, "not 32 bytes of hex") },
                _ => throw new TypedDataException(path, "a domain has no such member"),
            };
        }
        return read;
    }

    internal static TypedDataTypes.Member[] ImpliedMembers(Eip712Domain domain) =>
    [
        .. s_members
            .Where(m => m.Name switch
            {
                "name" => domain.Name is not null,
                "version" => domain.Version is not null,
                "chainId" => domain.ChainId is not null,
                "verifyingContract" => domain.VerifyingContract is not null,
                _ => domain.Salt is not null,
            })
            .Select(static m => new TypedDataTypes.Member(m.Name, TypedDataTypes.ReadField(m.Type, "domain"))),
    ];

    internal static void CheckType(TypedDataTypes.Member[] members)
    {
        foreach (var member in members)
        {
            if (!s_members.Contains((member.Name, member.Type.Text)))
            {
                throw new TypedDataException($"types.{TypedDataTypes.DomainType}.{member.Name}", $"a domain has no member '{ForeignText.Clean(member.Type.Text, 60)} {member.Name}'");
            }
        }
    }
}
