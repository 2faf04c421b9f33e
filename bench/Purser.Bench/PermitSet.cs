using System.Globalization;
using System.Text;
using System.Text.Json;
using Purser.Ethereum;

namespace Purser.Bench;

/// <summary>
/// Signed permits (EIP-2612: five fields), the work that we and our peers are measured on. The key is the first of the public
/// development mnemonic; the domain separator is computed once, as a service does.
/// </summary>
internal sealed class PermitSet
{
    private const string Type = "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)";

    private static readonly Hash32 s_typeHash = Eip712.TypeHash(Type);

    private readonly PrivateKey _key;
    private readonly Eip712Domain _domain;
    private readonly Hash32 _separator;
    private readonly Permit[] _permits;

    private PermitSet(int count)
    {
        _key = PrivateKey.FromBytes(Convert.FromHexString("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"));
        _domain = new Eip712Domain
        {
            Name = "Test USD",
            Version = "2",
            ChainId = 84532,
            VerifyingContract = Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3"),
        };
        _separator = _domain.Separator;
        _permits = new Permit[count];
        for (var i = 0; i < count; i++)
        {
            var spender = new Address(Keccak256.Hash(Encoding.ASCII.GetBytes($"spender {i}")).Bytes[12..]);
            _permits[i] = new Permit(_key.Address, spender, (UInt256)(1_000_000 + (ulong)i), (UInt256)(ulong)i, 1_900_000_000);
            Signatures.Add(_key.Sign(Digest(i)));
        }
    }

    internal int Count => _permits.Length;

    private List<Signature> Signatures { get; } = [];

    internal static PermitSet Create(int count) => new(count);

    /// <summary>Ours, whole: struct hash, digest, recover, address, comparison.</summary>
    internal bool Verify(int index) =>
        Secp256k1.TryRecover(Digest(index), Signatures[index], out var signer) && signer == _permits[index].Owner;

    /// <summary>Ours, under a key that is known: struct hash, digest, ECDSA.</summary>
    internal bool VerifyByKey(int index)
    {
        Hash32 r = Signatures[index].R, s = Signatures[index].S, digest = Digest(index);
        return Secp256k1.Verify(digest.Bytes, r.Bytes, s.Bytes, _key.PublicKey);
    }

    internal Hash32 Digest(int index)
    {
        ref readonly var permit = ref _permits[index];
        var writer = new Eip712StructWriter(stackalloc byte[32 * 6], s_typeHash);
        writer.Add(permit.Owner);
        writer.Add(permit.Spender);
        writer.Add(permit.Value);
        writer.Add(permit.Nonce);
        writer.Add(permit.Deadline);
        return Eip712.Digest(_separator, writer.Hash());
    }

    internal Signature Sign(int index) => _key.Sign(Digest(index));

    /// <summary>Recover alone, on the given path; the digest is computed before the clock by <see cref="Digests"/>.</summary>
    internal bool Recover(ISecp256k1 curve, int index, byte[] compact64, byte[] publicKey64)
    {
        Signatures[index].R.CopyTo(compact64);
        Signatures[index].S.CopyTo(compact64.AsSpan(32));
        return curve.TryRecover(Digests[index].Bytes, compact64, Signatures[index].YParity, publicKey64);
    }

    private Hash32[] Digests => field ??= [.. Enumerable.Range(0, Count).Select(Digest)];

    /// <summary>For the C peer: digest, r, s and recovery id, one signature a line.</summary>
    internal void WriteLines(string path) => File.WriteAllLines(path, Enumerable.Range(0, Count).Select(i =>
        string.Create(CultureInfo.InvariantCulture, $"{Digests[i].ToString()[2..]} {Signatures[i].R.ToString()[2..]} {Signatures[i].S.ToString()[2..]} {Signatures[i].YParity}")));

    /// <summary>For viem: the typed data and the signatures.</summary>
    internal void WriteJson(string path)
    {
        static object Member(string name, string type) => new { name, type };
        File.WriteAllText(path, JsonSerializer.Serialize(new
        {
            domain = new { name = _domain.Name, version = _domain.Version, chainId = 84532, verifyingContract = _domain.VerifyingContract.ToString() },
            types = new
            {
                Permit = new[]
                {
                    Member("owner", "address"), Member("spender", "address"), Member("value", "uint256"), Member("nonce", "uint256"), Member("deadline", "uint256"),
                },
            },
            primaryType = "Permit",
            messages = _permits.Select((permit, i) => new
            {
                address = permit.Owner.ToString(),
                message = new
                {
                    owner = permit.Owner.ToString(),
                    spender = permit.Spender.ToString(),
                    value = permit.Value.ToString(),
                    nonce = permit.Nonce.ToString(),
                    deadline = permit.Deadline.ToString(),
                },
                signature = Signatures[i].ToString(),
            }),
        }));
    }

    private readonly record struct Permit(Address Owner, Address Spender, UInt256 Value, UInt256 Nonce, UInt256 Deadline);
}
