using System.Text.Json;
using Purser.Ethereum;
using Purser.Sandbox.Tests.Chain;

namespace Purser.Sandbox.Tests.Rpc;

public sealed class ProofTests
{
    private static readonly Address s_contract = Address.Parse("0x00000000000000000000000000000000000c0de0");

    private static IReadOnlyList<byte[]> Nodes(JsonElement array) => [.. array.EnumerateArray().Select(node => Hex.Decode(node.GetString()!))];

    private static async Task<(JsonElement Proof, Hash32 Root)> ProveAsync(NodeFixture node, Address account, string keys, string tag = "latest")
    {
        var header = await node.ResultAsync("eth_getBlockByNumber", $"[\"{tag}\",false]");
        return (await node.ResultAsync("eth_getProof", $"[\"{account}\",{keys},\"{tag}\"]"), Hash32.Parse(header.GetProperty("stateRoot").GetString()!));
    }

    // Everything that the answer says must follow from the root and the nodes.
    private static void Verify(JsonElement proof, Hash32 root, Address account)
    {
        var leaf = ProofVerifier.Read(root, account.Bytes, Nodes(proof.GetProperty("accountProof")));
        var storage = Keccak256.Hash([0x80]);
        if (leaf is null)
        {
            proof.GetProperty("balance").GetString().ShouldBe("0x0");
            proof.GetProperty("nonce").GetString().ShouldBe("0x0");
            proof.GetProperty("codeHash").GetString().ShouldBe(Keccak256.Hash([]).ToString());
        }
        else
        {
            var fields = new RlpReader(leaf).ReadList();
            proof.GetProperty("nonce").GetString().ShouldBe(((UInt256)fields.ReadUInt64()).ToString("x", null));
            proof.GetProperty("balance").GetString().ShouldBe(fields.ReadUInt256().ToString("x", null));
            storage = fields.ReadHash32();
            proof.GetProperty("codeHash").GetString().ShouldBe(fields.ReadHash32().ToString());
        }
        proof.GetProperty("storageHash").GetString().ShouldBe(storage.ToString());
        foreach (var slot in proof.GetProperty("storageProof").EnumerateArray())
        {
            var key = Hash32.FromUInt256(UInt256.Parse(slot.GetProperty("key").GetString()!));
            var word = ProofVerifier.Read(storage, key.Bytes, Nodes(slot.GetProperty("proof")));
            slot.GetProperty("value").GetString().ShouldBe((word is null ? default : new RlpReader(word).ReadUInt256()).ToString("x", null));
        }
    }

    [Fact]
    public async Task accounts_and_slots_follow_from_the_headers_state_root_and_so_does_that_there_are_none()
    {
        var storage = Enumerable.Range(1, 40).ToDictionary(i => (UInt256)(ulong)i, i => (UInt256)(ulong)(i * 1000));
        await using var node = await NodeFixture.StartAsync(new()
        {
            Genesis = [new(s_contract) { Balance = 7UL, Nonce = 3, Code = new byte[] { 0x5f, 0x35, 0x5f, 0x55 }, Storage = storage }],
        });
        // Slot 0 gets what is sent.
        node.Sandbox.Send(SandboxFixture.Alice, s_contract, 0UL, Hash32.FromUInt256(99UL).ToArray());
        var accounts = new List<Address> { s_contract, SandboxFixture.Alice.Address, SandboxFixture.Miner, default };
        accounts.AddRange(Enumerable.Range(0, 40).Select(i => new Address(Keccak256.Hash([(byte)i]).Bytes[..20])));
        var present = 0;
        foreach (var account in accounts)
        {
            var (proof, root) = await ProveAsync(node, account, "[\"0x0\",\"0x1\",\"0x28\",\"0x29\",\"0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\"]");
            Verify(proof, root, account);
            present += proof.GetProperty("balance").GetString() == "0x0" ? 0 : 1;
        }
        present.ShouldBe(3);
        var (before, oldRoot) = await ProveAsync(node, s_contract, "[\"0x0\"]", "0x0");
        Verify(before, oldRoot, s_contract);
        before.GetProperty("storageProof")[0].GetProperty("value").GetString().ShouldBe("0x0");
        var (after, newRoot) = await ProveAsync(node, s_contract, "[\"0x0\"]", "0x1");
        after.GetProperty("storageProof")[0].GetProperty("value").GetString().ShouldBe("0x63");
        Should.Throw<Exception>(() => Verify(after, oldRoot, s_contract), "a proof against another root");
        newRoot.ShouldNotBe(oldRoot);
    }

    [Fact]
    public async Task a_proof_with_a_changed_byte_or_a_missing_node_proves_nothing()
    {
        await using var node = await NodeFixture.StartAsync();
        var (proof, root) = await ProveAsync(node, SandboxFixture.Alice.Address, "[]");
        var nodes = Nodes(proof.GetProperty("accountProof"));
        var alice = SandboxFixture.Alice.Address.ToArray();
        ProofVerifier.Read(root, alice, nodes).ShouldNotBeNull();
        for (var i = 0; i < nodes.Count; i++)
        {
            var changed = nodes.Select(bytes => (byte[])bytes.Clone()).ToArray();
            changed[i][^1] ^= 1;
            Should.Throw<Exception>(() => ProofVerifier.Read(root, alice, changed));
        }
        Should.Throw<Exception>(() => ProofVerifier.Read(root, alice, [.. nodes.Take(nodes.Count - 1)]));
    }

    [Theory]
    [InlineData("[\"0x00000000000000000000000000000000000c0de0\"]", "missing value for required argument 1")]
    [InlineData("[\"0x00000000000000000000000000000000000c0de0\",\"0x1\"]", "expected an array of at most 1024 slots")]
    [InlineData("[\"0x00000000000000000000000000000000000c0de0\",[1]]", "expected a string")]
    [InlineData("[\"0x00000000000000000000000000000000000c0de0\",[\"0x\"]]", "expected a slot")]
    [InlineData("[\"0x00000000000000000000000000000000000c0de0\",[\"0x10000000000000000000000000000000000000000000000000000000000000000f\"]]", "expected a slot")]
    public async Task malformed_questions_are_refused(string parameters, string reason)
    {
        await using var node = await NodeFixture.StartAsync();
        var (code, message, _) = await node.ErrorAsync("eth_getProof", parameters);
        code.ShouldBe(-32602);
        message.ShouldContain(reason);
    }
}
