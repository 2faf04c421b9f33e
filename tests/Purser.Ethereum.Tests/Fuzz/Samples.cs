using System.Text;
using Purser.Ethereum.Tests.Rlp;
using Purser.Testing;

namespace Purser.Ethereum.Tests.Fuzz;

/// <summary>Valid inputs that the mutations start from.</summary>
internal static class Samples
{
    internal static PrivateKey Key { get; } = PrivateKey.FromBytes(Keccak256.Hash("a key of this test"u8).Bytes);

    internal const string Mnemonic = "test test test test test test test test test test test junk";

    internal static AbiParameters AbiTypes { get; } = AbiParameters.Parse("(address,uint64[],(bytes data,string[2] names,int8)[],bool,bytes,(uint256,bytes4)[2],bytes[][])");

    internal static AbiError Custom { get; } = AbiError.Parse("error Bad(string why, (bytes data, int8[] numbers)[] parts, bool)");

    internal static byte[] AbiJson { get; } = """
        {"abi":[{"type":"constructor","inputs":[{"name":"o","type":"address"}]},{"type":"function","name":"f","inputs":[{"name":"a","type":"tuple[2][]","components":[
        {"name":"b","type":"uint64"},{"name":"c","type":"tuple","components":[{"type":"bytes32[]"}]}]}],"outputs":[{"type":"bool"}]},
        {"type":"event","name":"E","inputs":[{"name":"x","type":"address","indexed":true},{"name":"y","type":"string","indexed":false}],"anonymous":false},{"type":"error","name":"Z","inputs":[]}]}
        """u8.ToArray();

    internal static byte[][] Signatures { get; } =
    [
        "function f((address to, uint256[3][] v)[2] a, bytes32 b) external view returns (bool ok, string)"u8.ToArray(),
        "transfer(address,uint256)"u8.ToArray(),
    ];

    internal static byte[][] Reverts { get; } =
    [
        AbiError.Parse("Error(string)").Encode("reason"),
        AbiError.Parse("Panic(uint256)").Encode(1),
        Custom.Encode("x", new object[] { new object[] { new byte[40], new[] { -1, 2 } } }, true),
    ];

    internal static byte[][] TypedData { get; } =
    [
        """
        {"types":{"EIP712Domain":[{"name":"name","type":"string"},{"name":"salt","type":"bytes32"}],"Order":[{"name":"maker","type":"address"},{"name":"ok","type":"bool"},{"name":"delta","type":"int16"},
        {"name":"tag","type":"bytes4"},{"name":"blob","type":"bytes"},{"name":"grid","type":"Item[2][]"},{"name":"pair","type":"uint256[2]"},{"name":"more","type":"Order[]"}],
        "Item":[{"name":"id","type":"uint8"},{"name":"label","type":"string"}]},"primaryType":"Order","domain":{"name":"Rich","salt":"0x0000000000000000000000000000000000000000000000000000000000000001"},
        "message":{"maker":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","ok":true,"delta":"-32768","tag":"0x01020304","blob":"0x","grid":[[{"id":1,"label":"b"},{"id":2,"label":"c"}]],"pair":["0x1","2"],"more":[]}}
        """u8.ToArray(),
        """
        {"types":{"Permit":[{"name":"owner","type":"address"},{"name":"value","type":"uint256"}]},"primaryType":"Permit","domain":{"chainId":8453,"verifyingContract":"0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913","version":"2"},
        "message":{"owner":"0x70997970C51812dc3A010C7d01b50e0d17dc79C8","value":10000}}
        """u8.ToArray(),
    ];

    internal static IReadOnlyDictionary<string, Func<Seeded, Transaction>> Transactions { get; } = new Dictionary<string, Func<Seeded, Transaction>>
    {
        ["0"] = static seed => new LegacyTransaction { Nonce = Small(seed), GasPrice = Small(seed), GasLimit = 21_000, To = To(seed), Value = Small(seed), Data = seed.Bytes(seed.Next(70)) },
        ["0 with EIP-155"] = static seed => new LegacyTransaction { ChainId = new(1 + Small(seed)), Nonce = Small(seed), GasPrice = 7, GasLimit = 21_000, To = To(seed), Value = UInt256.MaxValue },
        ["1"] = static seed => new Transaction2930 { ChainId = new(Small(seed)), GasPrice = 7, GasLimit = Small(seed), To = To(seed), AccessList = List(seed), Data = seed.Bytes(seed.Next(70)) },
        ["2"] = static seed => new Transaction1559 { ChainId = new(Small(seed)), MaxFeePerGas = Small(seed), GasLimit = Small(seed), To = To(seed), AccessList = List(seed) },
        ["3"] = static seed => new Transaction4844
        {
            ChainId = new(1), MaxFeePerGas = Small(seed), To = Address.Zero, AccessList = List(seed), MaxFeePerBlobGas = Small(seed),
            BlobVersionedHashes = [.. Enumerable.Range(0, seed.Between(1, 4)).Select(_ => new Hash32([1, .. seed.Bytes(31)]))],
        },
        ["4"] = static seed => new Transaction7702
        {
            ChainId = new(1), MaxFeePerGas = Small(seed), To = Address.Zero, AccessList = List(seed),
            AuthorizationList = [.. Enumerable.Range(0, seed.Between(1, 3)).Select(_ => new SignedAuthorization(new(Small(seed), new(seed.Bytes(20)), Small(seed)), (byte)seed.Next(256), Small(seed), UInt256.MaxValue))],
        },
    };

    internal static byte[] Rlp(Seeded seed) => RlpWalk.Write(Item(seed, 4));

    internal static byte[] Abi() => AbiTypes.Encode(
        Address.Zero, new[] { 1UL, ulong.MaxValue }, new object[] { (new byte[33], new[] { "é", "" }, -1), (Array.Empty<byte>(), new[] { "a", "b" }, 127) }, true, new byte[] { 1 },
        new object[] { (UInt256.MaxValue, new byte[4]), (0, new byte[4]) }, new object[] { new[] { new byte[] { 1, 2 } }, Array.Empty<byte[]>() });

    // One of each derivation, as cheap as they come: the fuzz is about the file, not about its cost.
    internal static byte[][] KeyStores { get; } = [KeyStoreV3.Encrypt(Key, "password", new Fixed(), new(2, 1, 1)), Pbkdf2(Key)];

    // The same file with the other function of the standard: key, ciphertext and MAC by hand.
    private static byte[] Pbkdf2(PrivateKey key)
    {
        var secret = new byte[PrivateKey.Size];
        key.ExportBytes(secret);
        var derived = System.Security.Cryptography.Rfc2898DeriveBytes.Pbkdf2("password"u8, new byte[32], 2, System.Security.Cryptography.HashAlgorithmName.SHA256, 32);
        using var aes = System.Security.Cryptography.Aes.Create();
        aes.Key = derived[..16];
        var counter = new byte[16];
        var pad = new List<byte>(aes.EncryptEcb(counter, System.Security.Cryptography.PaddingMode.None));
        counter[15] = 1;
        pad.AddRange(aes.EncryptEcb(counter, System.Security.Cryptography.PaddingMode.None));
        var ciphertext = secret.Select((b, i) => (byte)(b ^ pad[i])).ToArray();
        var mac = Keccak256.Hash([.. derived[16..], .. ciphertext]);
        return Encoding.UTF8.GetBytes($$"""
            {"version":3,"id":"00000000-0000-4000-8000-000000000000","address":"{{Convert.ToHexStringLower(key.Address.Bytes)}}","crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"{{new string('0', 32)}}"},
            "ciphertext":"{{Convert.ToHexStringLower(ciphertext)}}","kdf":"pbkdf2","kdfparams":{"c":2,"dklen":32,"prf":"hmac-sha256","salt":"{{new string('0', 64)}}"},"mac":"{{mac.ToString()[2..]}}"} }
            """);
    }

    private static object Item(Seeded seed, int depth) => depth == 0 || seed.OneIn(3)
        // Lengths about the places where the header's form changes.
        ? seed.Bytes(seed.Pick([0, 1, 1, 2, 20, 32, 54, 55, 56, 57, 255, 256, 300]))
        : Enumerable.Range(0, seed.Next(5)).Select(_ => Item(seed, depth - 1)).ToList();

    private static ulong Small(Seeded seed) => seed.OneIn(4) ? seed.Pick<ulong>([0, 1, 127, 128, 255, 256, 65_535, 1UL << 40, ulong.MaxValue - 1]) : (ulong)seed.Next(1_000_000);

    private static Address? To(Seeded seed) => seed.OneIn(4) ? null : new Address(seed.Bytes(20));

    private static AccessListEntry[] List(Seeded seed) =>
        [.. Enumerable.Range(0, seed.Next(3)).Select(_ => new AccessListEntry(new(seed.Bytes(20)), [.. Enumerable.Range(0, seed.Next(3)).Select(_ => new Hash32(seed.Bytes(32)))]))];

    private sealed class Fixed : IRandom
    {
        public void Fill(Span<byte> destination) => destination.Fill(7);
    }
}
