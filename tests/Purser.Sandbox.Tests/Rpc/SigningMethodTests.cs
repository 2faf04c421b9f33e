using System.Text;
using Purser.Ethereum;
using Purser.Sandbox.Tests.Chain;

namespace Purser.Sandbox.Tests.Rpc;

/// <summary>What the node signs for its development accounts, and how it fills transactions in.</summary>
public sealed class SigningMethodTests
{
    private static readonly string s_alice = SandboxFixture.Alice.Address.ToString();
    private const string TypedDocument = """
        {"types":{"EIP712Domain":[{"name":"name","type":"string"}],"Mail":[{"name":"to","type":"address"},{"name":"text","type":"string"}]},
         "primaryType":"Mail","domain":{"name":"Purser"},"message":{"to":"0x00000000000000000000000000000000000000aa","text":"hello"}}
        """;

    private static void SignedByAlice(string signature, in Hash32 digest)
    {
        var bytes = Hex.Decode(signature);
        Signature.TryRead(bytes, out var parsed).ShouldBeTrue();
        Secp256k1.TryRecover(digest, parsed, out var from).ShouldBeTrue();
        from.ShouldBe(SandboxFixture.Alice.Address);
    }

    [Fact]
    public async Task messages_are_signed_with_the_prefix_of_EIP_191()
    {
        await using var node = await NodeFixture.StartAsync();
        SignedByAlice(await node.TextAsync("eth_sign", $"[\"{s_alice}\",\"0x1234\"]"), Eip191.HashPersonalMessage([0x12, 0x34]));
        SignedByAlice(await node.TextAsync("personal_sign", $"[\"0x1234\",\"{s_alice}\"]"), Eip191.HashPersonalMessage([0x12, 0x34]));
        SignedByAlice(await node.TextAsync("personal_sign", $"[\"plain text\",\"{s_alice}\",\"\"]"), Eip191.HashPersonalMessage(Encoding.UTF8.GetBytes("plain text")));
        (await node.ErrorAsync("eth_sign", $"[\"{SandboxFixture.Bob.Address}\",\"0x1234\"]")).ShouldBe((-32602, $"No Signer available: this node has no key of {SandboxFixture.Bob.Address}", null));
    }

    [Fact]
    public async Task typed_data_is_signed_as_a_document_or_as_text()
    {
        await using var node = await NodeFixture.StartAsync();
        var digest = TypedData.Parse(TypedDocument).Hash();
        SignedByAlice(await node.TextAsync("eth_signTypedData_v4", $"[\"{s_alice}\",{TypedDocument}]"), digest);
        SignedByAlice(await node.TextAsync("eth_signTypedData_v4", $"[\"{s_alice}\",{System.Text.Json.JsonSerializer.Serialize(TypedDocument)}]"), digest);
        (await node.ErrorAsync("eth_signTypedData_v4", $"[\"{s_alice}\",{{}}]")).Code.ShouldBe(-32602);
        (await node.ErrorAsync("eth_signTypedData_v4", $"[\"{s_alice}\",\"{{\"]")).Code.ShouldBe(-32602);
    }

    [Theory]
    [InlineData("", 2)]
    [InlineData(",\"maxFeePerGas\":\"0x174876e800\"", 2)]
    [InlineData(",\"maxPriorityFeePerGas\":\"0x1\"", 2)]
    [InlineData(",\"gasPrice\":\"0x174876e800\"", 0)]
    [InlineData(",\"type\":\"0x0\"", 0)]
    [InlineData(",\"type\":\"0x1\"", 1)]
    [InlineData(",\"gasPrice\":\"0x174876e800\",\"accessList\":[{\"address\":\"0x00000000000000000000000000000000000000fe\",\"storageKeys\":[]}]", 1)]
    public async Task a_transaction_gets_the_type_that_its_members_imply_and_is_taken(string members, byte type)
    {
        await using var node = await NodeFixture.StartAsync();
        var call = $"[{{\"from\":\"{s_alice}\",\"to\":\"{SandboxFixture.Miner}\",\"value\":\"0x1\"{members}}}]";
        var raw = await node.TextAsync("eth_signTransaction", call);
        var signed = SignedTransaction.Decode(Hex.Decode(raw), node.Sandbox.Chain.ChainId);
        (signed.From, signed.Transaction.Type).ShouldBe((SandboxFixture.Alice.Address, type));
        var hash = await node.TextAsync("eth_sendTransaction", call);
        hash.ShouldBe(signed.Hash.ToString(), "sending is signing and sending");
        (await node.ResultAsync("eth_getTransactionReceipt", $"[\"{hash}\"]")).GetProperty("status").GetString().ShouldBe("0x1");
    }

    [Fact]
    public async Task what_is_given_stands_and_what_cannot_be_is_refused()
    {
        await using var node = await NodeFixture.StartAsync();
        string Call(string members) => $"[{{\"from\":\"{s_alice}\",\"to\":\"{SandboxFixture.Miner}\"{members}}}]";
        var signed = SignedTransaction.Decode(Hex.Decode(await node.TextAsync("eth_signTransaction", Call(",\"nonce\":\"0x7\",\"gas\":\"0x5209\",\"chainId\":\"0x7a69\""))));
        (signed.Transaction.Nonce, signed.Transaction.GasLimit).ShouldBe((7UL, 21001UL));
        (await node.ErrorAsync("eth_sendTransaction", Call(",\"chainId\":\"0x1\""))).Message.ShouldStartWith("invalid chain id for signer");
        (await node.ErrorAsync("eth_sendTransaction", Call(",\"type\":\"0x3\""))).Message.ShouldStartWith("transaction type not supported");
        (await node.ErrorAsync("eth_sendTransaction", Call(",\"value\":\"0xffffffffffffffffffffff\""))).Message.ShouldStartWith("insufficient funds for gas * price + value");
        (await node.ErrorAsync("eth_sendTransaction", Call(",\"gasPrice\":\"0x1\",\"maxFeePerGas\":\"0x1\""))).Code.ShouldBe(-32602);
        (await node.ResultAsync("eth_fillTransaction", Call(""))).GetProperty("raw").GetString().ShouldStartWith("0x02");
    }
}
