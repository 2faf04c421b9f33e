using Purser.Ethereum.Rpc;
using Purser.Ethereum.Signatures;
using Purser.Ethereum.Tests.Rpc;

namespace Purser.Ethereum.Tests.Signatures;

/// <summary>Is this signature this account's, as the chain would say.</summary>
public sealed class AccountSignatureTests
{
    private const string YesWord = "0000000000000000000000000000000000000000000000000000000000000001";

    private static readonly Hash32 s_digest = Keccak256.Hash("a statement"u8);
    private static readonly byte[] s_wrapper = Convert.FromHexString(string.Concat(Enumerable.Repeat("6492", 16)));

    [Fact]
    public async Task An_account_without_code_has_to_have_signed_with_its_own_key()
    {
        using var key = PrivateKey.FromBytes(Keccak256.Hash("key"u8).Bytes);
        using var other = PrivateKey.FromBytes(Keccak256.Hash("other"u8).Bytes);
        var node = Node(code: "", answer: null);
        var good = key.Sign(s_digest).ToArray();
        (await VerifyAsync(node, key.Address, good)).ShouldBe(SignatureVerdict.Valid);
        byte[][] wrong = [[], good[..64], [.. good, 0], [.. good[..64], (byte)(good[64] - 27)], [.. good[..64], (byte)(55 - good[64])], other.Sign(s_digest).ToArray(), key.Sign(Keccak256.Hash("another"u8)).ToArray(), new byte[65]];
        foreach (var signature in wrong)
        {
            (await VerifyAsync(node, key.Address, signature)).ShouldBe(SignatureVerdict.Invalid);
        }

        node.Requests.ShouldAllBe(request => request.Method == "eth_getCode");
    }

    [Fact]
    public async Task A_high_s_is_refused_although_it_recovers()
    {
        using var key = PrivateKey.FromBytes(Keccak256.Hash("key"u8).Bytes);
        var good = key.Sign(s_digest);
        byte[] twin = [.. good.R.ToArray(), .. (Signature.Order - good.S.ToUInt256()).ToBigEndian(), (byte)(55 - good.V)];
        var recovered = new byte[Secp256k1.PublicKeySize];
        Secp256k1.TryRecoverRaw(s_digest.Bytes, twin.AsSpan(0, 32), twin.AsSpan(32, 32), twin[64] - 27, recovered).ShouldBeTrue();
        Secp256k1.AddressOf(recovered).ShouldBe(key.Address);
        (await VerifyAsync(Node(code: "", answer: null), key.Address, twin)).ShouldBe(SignatureVerdict.Invalid);
        AccountSignature.IsOfKey(key.Address, s_digest, twin).ShouldBeFalse();
    }

    [Theory]
    [InlineData(YesWord, SignatureVerdict.Valid)]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", SignatureVerdict.Invalid)]
    public async Task An_account_with_code_is_asked_by_creation_code_of_bounded_gas(string answer, SignatureVerdict verdict)
    {
        // The signature is the key's own: code decides all the same.
        using var key = PrivateKey.FromBytes(Keccak256.Hash("key"u8).Bytes);
        var node = Node(code: "6000", answer);
        (await VerifyAsync(node, key.Address, key.Sign(s_digest).ToArray())).ShouldBe(verdict);
        var call = node.Requests.Single(request => request.Method == "eth_call").Params[0];
        call.TryGetProperty("to", out _).ShouldBeFalse();
        Convert.ToUInt64(call.GetProperty("gas").GetString(), 16).ShouldBeLessThan(1_000_000UL);
        // EIP-1271: selector, hash, offset of the bytes.
        call.EnumerateObject().Single(member => member.Name is "data" or "input").Value.GetString()!
            .ShouldContain($"1626ba7e{s_digest.ToString()[2..]}{64:x64}{65:x64}");
    }

    [Fact]
    public async Task A_wrapped_signature_is_refused_whatever_the_account()
    {
        using var key = PrivateKey.FromBytes(Keccak256.Hash("key"u8).Bytes);
        byte[] wrapped = [.. new byte[96], .. key.Sign(s_digest).ToArray(), .. s_wrapper];
        (await VerifyAsync(Node(code: "", answer: null), key.Address, wrapped)).ShouldBe(SignatureVerdict.FactoryNotAllowed);
        (await VerifyAsync(Node(code: "6000", YesWord), key.Address, wrapped)).ShouldBe(SignatureVerdict.FactoryNotAllowed);
        (await VerifyAsync(Node(code: "", answer: null), key.Address, s_wrapper)).ShouldBe(SignatureVerdict.FactoryNotAllowed);
        AccountSignature.IsWrapped(s_wrapper.AsSpan(1)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_node_that_cannot_be_asked_is_a_fault_and_no_verdict()
    {
        using var key = PrivateKey.FromBytes(Keccak256.Hash("key"u8).Bytes);
        var node = new ScriptedNode(_ => throw new HttpRequestException("down"));
        await Should.ThrowAsync<ChainException>(() => VerifyAsync(node, key.Address, key.Sign(s_digest).ToArray()));
    }

    private static Task<SignatureVerdict> VerifyAsync(ScriptedNode node, Address account, byte[] signature) => AccountSignature.VerifyAsync(node.Chain(), account, s_digest, signature);

    private static ScriptedNode Node(string code, string? answer) => new(request => request.Method == "eth_getCode"
        ? ScriptedNode.ResultTo(request, $"\"0x{code}\"")
        : ScriptedNode.ResultTo(request, $"\"0x{answer.ShouldNotBeNull()}\""));
}
