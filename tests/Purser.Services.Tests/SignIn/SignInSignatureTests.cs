using System.Net;
using Purser.Ethereum;
using Purser.Ethereum.Signatures;
using Purser.Sandbox.Chain;
using Purser.Services.SignIn;
using Purser.Services.Tests.Facilitator;
using Purser.Storage;
using Purser.Testing;

namespace Purser.Services.Tests.SignIn;

/// <summary>specs/signin.md 7: signatures, of keys and of contract wallets on a real EVM.</summary>
public sealed class SignInSignatureTests : IAsyncDisposable
{
    private static readonly Address s_contract = Address.Parse("0x00000000000000000000000000000000c0ffee01");

    private readonly string _folder = Directory.CreateTempSubdirectory("purser-signatures-").FullName;
    private readonly SandboxClock _chainClock = SandboxClock.StandingAt(new DateTimeOffset(2026, 5, 6, 7, 8, 9, TimeSpan.Zero));
    private readonly SandboxChain _chain;
    private readonly FaultyChain _node;
    private SignInWorld? _world;

    public SignInSignatureTests()
    {
        _chain = SandboxChain.Open(new SandboxOptions { ChainId = new(8453) }, _chainClock);
        _node = new(_chain);
    }

    public async ValueTask DisposeAsync()
    {
        if (_world is not null)
        {
            await _world.DisposeAsync();
        }

        _chain.Dispose();
        _chainClock.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private Task<SignInHost> StartAsync(bool contracts = false, Action<AgentSignInOptions>? configure = null)
    {
        _world = new(StoreUrl.ForFile(Path.Combine(_folder, "signin.db")), options =>
        {
            options.Tries = 100;
            if (contracts)
            {
                options.ContractWallets[new(8453)] = _node;
            }

            configure?.Invoke(options);
        });
        _world.Links.Add(_world.Account);
        _world.Links.Add(s_contract, "user-2");
        return _world.StartAsync();
    }

    private static async Task IsRefusedAsync(Task<Answer> asked, string about)
    {
        var answer = await asked;
        (answer.Status, answer.Code).ShouldBe((HttpStatusCode.Unauthorized, "AUTH_INVALID"), about);
    }

    [Fact]
    public async Task V31_V32_V33_V34_V35_SignIn_C8_one_signature_has_one_spelling_besides_the_parity()
    {
        var host = await StartAsync();
        var account = _world!.Account;
        foreach (var (about, change) in Malformed())
        {
            var challenge = await host.ChallengeAsync();
            var right = SignInHost.Sign(_world.Key, challenge.Message);
            await IsRefusedAsync(host.VerifyAsync(account, change(right), challenge.Nonce), about);
            (await host.VerifyAsync(account, right, challenge.Nonce)).Status.ShouldBe(HttpStatusCode.OK, about);
        }

        // Hardware and key services give 0 or 1 for 27 or 28.
        var parity = await host.ChallengeAsync();
        var signature = SignInHost.Sign(_world.Key, parity.Message);
        signature[^1] -= 27;
        (await host.VerifyAsync(account, signature, parity.Nonce)).Status.ShouldBe(HttpStatusCode.OK);
    }

    private static IEnumerable<(string About, Func<byte[], byte[]> Change)> Malformed()
    {
        yield return ("high s", right => [.. right[..32], .. (Signature.Order - UInt256.FromBigEndian(right.AsSpan(32, 32))).ToBigEndian(), (byte)(55 - right[64])]);
        yield return ("the other parity", right => [.. right[..64], (byte)(55 - right[64])]);
        foreach (var v in (byte[])[2, 3, 26, 29, 30, 35, 36, 37, 38, 0x26, 127, 255])
        {
            yield return ($"v {v}", right => [.. right[..64], v]);
        }

        yield return ("r is 0", right => [.. new byte[32], .. right[32..]]);
        yield return ("s is 0", right => [.. right[..32], .. new byte[32], right[64]]);
        yield return ("r is n", right => [.. Signature.Order.ToBigEndian(), .. right[32..]]);
        yield return ("s is n", right => [.. right[..32], .. Signature.Order.ToBigEndian(), right[64]]);
        yield return ("r is all ones", right => [.. Enumerable.Repeat((byte)0xff, 32), .. right[32..]]);
        yield return ("64 bytes (EIP-2098)", right => [.. right[..32], (byte)(right[32] | ((right[64] - 27) << 7)), .. right[33..64]]);
        yield return ("64 bytes", right => right[..64]);
        yield return ("66 bytes", right => [.. right, 0]);
        yield return ("130 bytes", right => [.. right, .. right]);
        yield return ("one byte", _ => [1]);
        yield return ("all zero", _ => new byte[65]);
    }

    [Fact]
    public async Task V36_nobody_signs_in_as_the_zero_address()
    {
        var host = await StartAsync();
        _world!.Links.Add(Address.Zero, "user-3");
        var challenge = await host.ChallengeAsync();
        foreach (var signature in (byte[][])[new byte[65], [.. new byte[64], 27], SignInHost.Sign(_world.Key, challenge.Message)])
        {
            await IsRefusedAsync(host.VerifyAsync(Address.Zero, signature, challenge.Nonce), "zero");
        }
    }

    [Fact]
    public async Task V37_a_wrapped_signature_never_goes_to_the_recovery_of_a_key()
    {
        var host = await StartAsync();
        var challenge = await host.ChallengeAsync();
        var right = SignInHost.Sign(_world!.Key, challenge.Message);
        var mark = Convert.FromHexString(string.Concat(Enumerable.Repeat("6492", 16)));
        await IsRefusedAsync(host.VerifyAsync(_world.Account, [.. right, .. mark], challenge.Nonce), "a key's signature with the mark");
        await IsRefusedAsync(host.VerifyAsync(_world.Account, [.. right[..33], .. mark], challenge.Nonce), "65 bytes that end in the mark");
        await IsRefusedAsync(host.VerifyAsync(_world.Account, new WrappedSignature(s_contract, default, right).Encode(), challenge.Nonce), "wrapped");
    }

    [Fact]
    public async Task V41_a_signature_of_other_data_or_in_another_form_is_none()
    {
        var host = await StartAsync();
        var challenge = await host.ChallengeAsync();
        var text = System.Text.Encoding.UTF8.GetBytes(challenge.Message);
        foreach (var (about, digest) in ((string, Hash32)[])[("eth_sign of the hash", Keccak256.Hash(text)), ("personal_sign of the hash", Eip191.HashPersonalMessage(Keccak256.Hash(text).Bytes)),
            ("the hex of the text", Eip191.HashPersonalMessage(Hex.Encode(text))), ("EIP-191 version 0", Eip191.HashForValidator(_world!.Account, text)), ("with a line feed", Eip191.HashPersonalMessage(challenge.Message + "\n")),
            ("with CRLF", Eip191.HashPersonalMessage(challenge.Message.Replace("\n", "\r\n", StringComparison.Ordinal))), ("EIP-712", Keccak256.Hash([0x19, 0x01, .. Keccak256.Hash(text).ToArray(), .. Keccak256.Hash(text).ToArray()]))])
        {
            await IsRefusedAsync(host.VerifyAsync(_world.Account, _world.Key.Sign(digest).ToArray(), challenge.Nonce), about);
        }

        (await host.VerifyAsync(challenge)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task V42_no_hostile_signature_of_Wycheproof_signs_in_and_none_is_a_fault()
    {
        var host = await StartAsync();
        var challenge = await host.ChallengeAsync();
        var count = 0;
        foreach (var group in Vectors.Json("wycheproof/ecdsa_secp256k1_sha256_p1363_test.json").GetProperty("testGroups").EnumerateArray())
        {
            foreach (var test in group.GetProperty("tests").EnumerateArray())
            {
                var signature = Convert.FromHexString(test.GetProperty("sig").GetString()!);
                byte[] sent = [.. signature, (byte)(27 + (count % 2))];
                await IsRefusedAsync(host.VerifyAsync(_world!.Account, sent, challenge.Nonce), $"tcId {test.GetProperty("tcId")}");
                count++;
            }
        }

        count.ShouldBe(252);
    }

    [Fact]
    public async Task SignIn_C11_a_contract_wallet_signs_in_by_its_own_rule_and_so_does_one_that_is_still_to_be_deployed()
    {
        var host = await StartAsync(contracts: true);
        _chain.SetCode(s_contract, Wallets.TakesAnythingWithMark);
        var challenge = await host.ChallengeAsync(s_contract);
        await IsRefusedAsync(host.VerifyAsync(s_contract, [0x41], challenge.Nonce), "another mark");
        var answer = await host.VerifyAsync(s_contract, [0x42, 1, 2, 3], challenge.Nonce);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        (await host.GetAsync("/play", answer.Member("token"))).Status.ShouldBe(HttpStatusCode.OK);
        await IsRefusedAsync(host.VerifyAsync(s_contract, [0x42, 1, 2, 3], challenge.Nonce), "used");
    }

    [Fact]
    public async Task V38_a_contract_wallet_counts_on_its_own_chain_alone()
    {
        var host = await StartAsync(contracts: true, options => options.Chains.Add(new(1)));
        _chain.SetCode(s_contract, Wallets.TakesAnythingWithMark);
        var elsewhere = await host.ChallengeAsync(s_contract, "&chainId=1");
        await IsRefusedAsync(host.VerifyAsync(s_contract, [0x42], elsewhere.Nonce), "there is no node of that chain");
        (await host.VerifyAsync(s_contract, [0x42], (await host.ChallengeAsync(s_contract)).Nonce)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("DirtyWord")]
    [InlineData("FourBytes")]
    [InlineData("Reverts")]
    [InlineData("Swallows")]
    [InlineData("SaysOne")]
    [InlineData("TakesNothing")]
    [InlineData("Spins")]
    public async Task V39_a_contract_that_answers_otherwise_or_burns_its_gas_says_no(string code)
    {
        var host = await StartAsync(contracts: true);
        _chain.SetCode(s_contract, code == "Spins" ? Convert.FromHexString("5b600056") : (byte[])typeof(Wallets).GetProperty(code)!.GetValue(null)!);
        await IsRefusedAsync(host.VerifyAsync(s_contract, [0x42], (await host.ChallengeAsync(s_contract)).Nonce), code);
    }

    [Fact]
    public async Task V39_a_chain_that_does_not_answer_counts_no_try_and_the_challenge_still_holds()
    {
        var host = await StartAsync(contracts: true, options => options.Tries = 1);
        _chain.SetCode(s_contract, Wallets.TakesAnythingWithMark);
        var challenge = await host.ChallengeAsync(s_contract);
        _node.Down = true;
        var down = await host.VerifyAsync(s_contract, [0x42], challenge.Nonce);
        (down.Status, down.Code).ShouldBe((HttpStatusCode.ServiceUnavailable, "INTERNAL_ERROR"));
        down.Response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(5));
        (await host.VerifyAsync(await host.ChallengeAsync())).Status.ShouldBe(HttpStatusCode.OK, "an account with a key needs no chain");
        _node.Down = false;
        (await host.VerifyAsync(s_contract, [0x42], challenge.Nonce)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_burnt_challenge_asks_no_chain_any_more()
    {
        var host = await StartAsync(contracts: true, options => options.Tries = 2);
        _chain.SetCode(s_contract, Wallets.TakesNothing);
        var challenge = await host.ChallengeAsync(s_contract);
        var calls = 0;
        _node.InsteadOfCall = _ =>
        {
            calls++;
            return null;
        };
        for (var i = 0; i < 5; i++)
        {
            await IsRefusedAsync(host.VerifyAsync(s_contract, [0x42], challenge.Nonce), "no");
        }

        calls.ShouldBe(2);
    }

    [Fact]
    public async Task V40_a_session_ends_when_its_wallet_no_longer_takes_the_signature_and_not_when_the_chain_is_silent()
    {
        var host = await StartAsync(contracts: true);
        _chain.SetCode(s_contract, Wallets.TakesAnythingWithMark);
        var (extended, watched, byKey) = (await OpenAsync(), await OpenAsync(), await host.SignInAsync());
        (await host.Sessions.ExtendAsync(extended.Session)).ShouldBeOfType<AgentSessionReading.Live>();
        _node.Down = true;
        (await host.Sessions.ExtendAsync(extended.Session)).ShouldBeOfType<AgentSessionReading.Refused>().Code.ShouldBe("INTERNAL_ERROR");
        (await host.StateAsync(extended.Token)).ShouldBe("live");
        _node.Down = false;
        _chain.SetCode(s_contract, Wallets.TakesNothing);
        (await host.Sessions.ExtendAsync(extended.Session)).ShouldBeOfType<AgentSessionReading.Refused>().Code.ShouldBe("SESSION_REVOKED");
        (await host.StateAsync(extended.Token)).ShouldBe("SESSION_REVOKED");

        // Also without an extension: the upkeep asks from time to time.
        await host.Upkeep.RunOnceAsync();
        (await host.StateAsync(watched.Token)).ShouldBe("live");
        _world!.Clock.Advance(TimeSpan.FromMinutes(10));
        await host.Upkeep.RunOnceAsync();
        (await host.StateAsync(watched.Token)).ShouldBe("SESSION_REVOKED");
        (await host.StateAsync(byKey.Token)).ShouldBe("live");

        async Task<(string Session, string Token)> OpenAsync()
        {
            var answer = await host.VerifyAsync(s_contract, [0x42], (await host.ChallengeAsync(s_contract)).Nonce);
            return (answer.Member("sessionId"), answer.Member("token"));
        }
    }

    [Fact]
    public async Task A_delegated_account_signs_in_with_its_key_unless_the_options_let_its_code_decide()
    {
        var lenient = await StartAsync(contracts: true);
        _chain.SetCode(_world!.Account, [0xef, 0x01, 0x00, .. s_contract.ToArray()]);
        _chain.SetCode(s_contract, Wallets.TakesNothing);
        (await lenient.VerifyAsync(await lenient.ChallengeAsync())).Status.ShouldBe(HttpStatusCode.OK);
        var strict = await _world.StartAsync(options => options.AcceptKeyOfDelegatedAccount = false);
        await IsRefusedAsync(strict.VerifyAsync(await strict.ChallengeAsync()), "its code says no");
    }

    [Fact]
    public void Options_that_cannot_be_meant_are_refused_at_the_start()
    {
        foreach (var origin in (string[])["http://casino.example", "https://user@casino.example", "https://casino.example/path", "https://casino.example?x=1", "ftp://casino.example", "https://Casino.example", "https://casino.example.", "https://casin\u043e.example", "https://casino.example:443"])
        {
            Should.Throw<InvalidOperationException>(() => Services(options => options.Origins.Add(new(origin))), origin);
        }

        Should.Throw<InvalidOperationException>(() => Services(_ => { }));
        Should.Throw<InvalidOperationException>(() => Services(options =>
        {
            options.Origins.Add(new("https://casino.example"));
            options.SessionCap = TimeSpan.FromHours(1);
        }));
        Services(options => options.Origins.Add(new("http://127.0.0.1:4023")));
        Services(options => options.Origins.Add(new("https://casino.example:8443")));

        static void Services(Action<AgentSignInOptions> configure) => new Microsoft.Extensions.DependencyInjection.ServiceCollection().AddAgentSignIn(configure);
    }
}
