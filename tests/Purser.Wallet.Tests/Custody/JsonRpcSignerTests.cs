using System.Text;
using System.Text.Json.Nodes;
using Purser.Ethereum;
using Purser.Protocol.Payments;
using Purser.Sandbox.Chain;
using Purser.Sandbox.Rpc;
using Purser.Storage;
using Purser.Testing.Custody;
using Purser.Wallet.Keys;
using Purser.Wallet.Keys.External;
using Purser.Wallet.Transactions;

namespace Purser.Wallet.Tests.Custody;

public sealed class JsonRpcSignerTests : IDisposable
{
    private const string Mnemonic = "test test test test test test test test test test test junk";

    private static readonly Address s_payee = Address.Parse("0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc");

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private readonly SandboxClock _clock = SandboxClock.StandingAt(DateTimeOffset.UnixEpoch.AddYears(56));
    private readonly PrivateKey _key;

    public JsonRpcSignerTests()
    {
        using var root = HdKey.FromMnemonic(Mnemonic);
        _key = root.Derive(HdPath.ForAccount(1));
    }

    public void Dispose()
    {
        _http.Dispose();
        _clock.Dispose();
        _key.Dispose();
    }

    [Fact]
    public async Task Anvil_s_accounts_sign_messages_payments_and_transactions()
    {
        await using var anvil = await AnvilProcess.StartAsync(_http, "--chain-id", "84532");
        await SignsAllAsync(anvil.Url);
    }

    [Fact]
    public async Task The_sandbox_s_accounts_sign_messages_payments_and_transactions()
    {
        using var chain = SandboxChain.Open(new SandboxOptions { ChainId = TestMandate.Chain, Genesis = [new GenesisAccount(_key.Address) { Balance = UInt256.Parse("1000000000000000000") }] }, _clock);
        await using var node = await SandboxNode.StartAsync(chain, new() { DevelopmentKeys = [_key] });
        await SignsAllAsync(node.Url);

        // A lane on it: the transaction that it signs is mined.
        var folder = Directory.CreateTempSubdirectory("purser-external-").FullName;
        try
        {
            await using var store = await Store.OpenAsync(StoreUrl.ForFile(Path.Combine(folder, "lane.db")), _clock);
            using var signer = Signer(node.Url);
            using var lane = await NonceLane.OpenAsync(store, chain, TestMandate.Chain, signer, _clock);
            (await lane.SendAsync(new() { Key = "external", To = s_payee, Value = 11, GasCap = 100_000 })).ShouldBeOfType<LaneResult.Mined>();
            (await chain.GetBalanceAsync(s_payee)).ShouldBe((UInt256)11UL);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public static TheoryData<string> Fields => ["nonce", "to", "value", "gas", "maxFeePerGas", "maxPriorityFeePerGas", "chainId", "input", "accessList", "type"];

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task A_signer_that_alters_a_transaction_is_refused(string field)
    {
        await using var rogue = Double((method, parameters) => method == "eth_signTransaction" ? Hexed(Rebuild(parameters[0]!.AsObject(), field).Sign(_key)) : null);
        using var signer = Signer(rogue.Url);
        var refusal = await RefusalAsync(signer, new SigningPayload.TransactionMessage(Unsigned()));
        refusal.Code.ShouldBe("signer_altered_transaction");
        refusal.Kind.ShouldBe(WalletRefusalKind.State);
    }

    [Fact]
    public async Task A_signer_is_asked_by_the_three_methods_alone_with_their_arguments_in_order()
    {
        var asked = new List<string>();
        await using var recorder = Double((method, parameters) =>
        {
            asked.Add($"{method} {parameters.ToJsonString()}");
            return method switch
            {
                "personal_sign" => JsonValue.Create(_key.Sign(Text("hello").Digest).ToString()),
                "eth_signTransaction" => new JsonObject { ["raw"] = Hexed(Unsigned().Sign(_key)), ["tx"] = new JsonObject() },
                _ => null,
            };
        });
        using var signer = Signer(recorder.Url);
        await Sign(signer, Text("hello"));
        await Sign(signer, new SigningPayload.TransactionMessage(Unsigned()));
        (await RefusalAsync(signer, Permit())).Code.ShouldBe("signer_unsupported");
        asked[0].ShouldBe($"personal_sign [\"0x68656c6c6f\",\"{_key.Address}\"]");
        asked[1].ShouldStartWith($"eth_signTransaction [{{\"from\":\"{_key.Address}\",\"nonce\":\"0x7\",\"gas\":\"0x5208\",\"value\":\"0x9\"");
        asked[2].ShouldStartWith($"eth_signTypedData_v4 [\"{_key.Address}\",\"{{");
        asked.ShouldNotContain(call => call.StartsWith("eth_sign ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_signature_of_another_key_or_text_or_shape_is_not_released_and_any_s_and_v_are_put_right()
    {
        using var other = PrivateKey.Generate(new SeededRandom(77));
        var digest = Text("m").Digest;
        var good = _key.Sign(digest);
        var highS = Hash32.FromUInt256(Signature.Order - good.S.ToUInt256());
        foreach (var (answer, code) in new (JsonNode?, string?)[]
        {
            (JsonValue.Create(good.ToString()), null),
            (JsonValue.Create($"{good.R}{highS.ToString()[2..]}{(good.V == 27 ? "1c" : "1b")}"), null),
            (JsonValue.Create($"{good.ToString()[..130]}0{good.YParity}"), null),
            (JsonValue.Create($"{good.ToString()[..130]}{(good.V == 27 ? "1c" : "1b")}"), null),
            (JsonValue.Create($"{good.ToString()[..130]}1d"), "signer_malformed"),
            (JsonValue.Create(other.Sign(digest).ToString()), "signer_wrong_key"),
            (JsonValue.Create(_key.Sign(Text("n").Digest).ToString()), "signer_wrong_key"),
            (JsonValue.Create("0x" + new string('0', 130)), "signer_malformed"),
            (JsonValue.Create("0x" + new string('0', 128) + "1b"), "signer_wrong_key"),
            (JsonValue.Create("0x" + new string('f', 128) + "1b"), "signer_wrong_key"),
            (JsonValue.Create(good.ToString()[..131]), "signer_malformed"),
            (JsonValue.Create(good.ToString() + "00"), "signer_malformed"),
            (JsonValue.Create(7), "signer_malformed"),
            (new JsonObject(), "signer_malformed"),
            (new JsonArray(), "signer_malformed"),
        })
        {
            // A signature's last byte of 0x00 is v 0: then r and s are judged, and zeros are nobody's.
            var expected = answer!.ToJsonString() == $"\"0x{new string('0', 130)}\"" ? "signer_wrong_key" : code;
            await using var node = Double((_, _) => answer.DeepClone());
            using var signer = Signer(node.Url);
            if (expected is null)
            {
                (await Sign(signer, Text("m"))).ShouldBe(good);
            }
            else
            {
                (await RefusalAsync(signer, Text("m"))).Code.ShouldBe(expected, answer.ToJsonString());
            }
        }
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":"0x"}{"jsonrpc":"2.0","id":1,"result":"0x"}""", "signer_malformed")]
    [InlineData("""[{"jsonrpc":"2.0","id":1,"result":"0x"},{"jsonrpc":"2.0","id":1,"result":"0x"}]""", "signer_malformed")]
    [InlineData("""{"jsonrpc":"2.0","id":99,"result":"0x"}""", "signer_malformed")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":"\ud800"}""", "signer_malformed")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":"0x","result":"0x"}""", "signer_malformed")]
    [InlineData("""{"jsonrpc":"2.0","id":1}""", "signer_malformed")]
    [InlineData("not json", "signer_malformed")]
    [InlineData("", "signer_malformed")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"error":{"code":4001,"message":"User denied \u001b[2J"}}""", "signer_refused")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no such method"}}""", "signer_unsupported")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"error":{"code":-32005,"message":"slow down"}}""", "signer_rate_limited")]
    public async Task An_answer_that_is_garbage_or_twice_or_a_no_is_a_typed_refusal(string body, string code)
    {
        await using var node = new LoopbackHttp((_, _) => Task.FromResult<LoopbackAnswer?>(new(200, body)));
        foreach (var payload in new SigningPayload[] { Text("m"), Permit(), new SigningPayload.TransactionMessage(Unsigned()) })
        {
            // Each signer's first question has the id 1.
            using var signer = Signer(node.Url);
            var refusal = await RefusalAsync(signer, payload);
            refusal.Code.ShouldBe(code);
            refusal.Message.ShouldNotContain("\u001b");
        }
    }

    [Fact]
    public async Task A_signer_that_is_late_or_oversize_or_drops_the_connection_or_is_gone_is_a_typed_refusal()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (var silent = new LoopbackHttp(async (_, stop) =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
            return null;
        }))
        {
            using var waiting = Signer(silent.Url);
            var answer = RefusalAsync(waiting, Text("m"));
            await asked.Task;
            _clock.Advance(TimeSpan.FromSeconds(61));
            (await answer).Code.ShouldBe("signer_timeout");
        }

        await using (var oversize = new LoopbackHttp((_, _) => Task.FromResult<LoopbackAnswer?>(new(200, new string(' ', 2_000_000)))))
        {
            using var signer = Signer(oversize.Url);
            (await RefusalAsync(signer, Text("m"))).Code.ShouldBe("signer_malformed");
        }

        await using (var dropping = new LoopbackHttp((_, _) => Task.FromResult<LoopbackAnswer?>(null)))
        {
            using var signer = Signer(dropping.Url);
            (await RefusalAsync(signer, Text("m"))).Code.ShouldBe("signer_unreachable");
            await dropping.DisposeAsync();
            (await RefusalAsync(signer, Text("m"))).Code.ShouldBe("signer_unreachable");
            (await signer.CheckAccountAsync())!.Code.ShouldBe("signer_unreachable");
        }
    }

    [Theory]
    [InlineData("http://127.0.0.1:8550/", null)]
    [InlineData("http://[::1]:8550/", null)]
    [InlineData("http://localhost:8550/", null)]
    [InlineData("https://signer.example/key", null)]
    [InlineData("http://signer.example/", "signer_url_insecure")]
    [InlineData("http://127.0.0.1.example/", "signer_url_insecure")]
    [InlineData("http://10.0.0.1/", "signer_url_insecure")]
    [InlineData("https://user:secret@signer.example/", "signer_url_invalid")]
    [InlineData("ftp://127.0.0.1/", "signer_url_invalid")]
    public void A_signer_s_url_is_https_or_loopback(string url, string? code)
    {
        JsonRpcSigner.CheckUrl(new(url), allowPlainHttp: false)?.Code.ShouldBe(code);
        if (code is not null)
        {
            Should.Throw<ArgumentException>(() => Signer(new(url))).Message.ShouldNotContain("secret");
        }
    }

    [Fact]
    public async Task A_payment_of_the_wallet_that_its_external_signer_refuses_stays_reserved_and_is_signed_when_it_agrees()
    {
        var agrees = false;
        await using var node = Double((_, parameters) => agrees ? JsonValue.Create(_key.Sign(TypedData.Parse(parameters[1]!.GetValue<string>()).Hash()).ToString()) : throw new InvalidOperationException("no"));
        await using var mandate = await TestMandate.CreateAsync(TestMandate.Caps(5, 5), TimeProvider.System);
        mandate.Keys.Add(Signer(node.Url));
        var wallet = await mandate.OpenWalletAsync();
        var intent = mandate.Intent("external", 5) with { Account = _key.Address };
        (await wallet.AuthorizeAsync(intent)).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("signer_refused");
        agrees = true;
        var signed = (await wallet.AuthorizeAsync(intent)).ShouldBeOfType<AuthorizationResult.Authorized>();
        signed.Authorization().From.ShouldBe(_key.Address);
    }

    private async Task SignsAllAsync(Uri url)
    {
        using var signer = Signer(url);
        (await signer.CheckAccountAsync()).ShouldBeNull();
        using var stranger = new JsonRpcSigner(_http, url, Address.Parse("0x00000000000000000000000000000000000000aa"), _clock);
        (await stranger.CheckAccountAsync())!.Code.ShouldBe("signer_no_account");
        (await RefusalAsync(stranger, Text("m"))).Code.ShouldBe("signer_refused");
        foreach (var payload in new SigningPayload[]
        {
            Text("Sign in ✓\nline two"), Text("0x1234"), Permit(),
            new SigningPayload.TransactionMessage(Unsigned()),
            new SigningPayload.TransactionMessage(Unsigned() with { AccessList = [new(s_payee, [Hash32.FromUInt256(1)])], Data = new byte[] { 1, 2, 3, 4 }, GasLimit = 60_000, Value = 0 }),
            new SigningPayload.TransactionMessage(new LegacyTransaction { ChainId = TestMandate.Chain, Nonce = 3, GasPrice = 2_000_000_000UL, GasLimit = 21_000, To = s_payee, Value = 1 }),
        })
        {
            Secp256k1.TryRecover(payload.Digest, await Sign(signer, payload), out var by).ShouldBeTrue();
            by.ShouldBe(_key.Address);
        }
    }

    private static SigningPayload.PersonalMessage Text(string text) => new(Encoding.UTF8.GetBytes(text));

    private static ValueTask<Signature> Sign(ISigner signer, SigningPayload payload) => signer.SignAsync(payload, CancellationToken.None);

    private static async Task<WalletRefusal> RefusalAsync(ISigner signer, SigningPayload payload) =>
        (await Should.ThrowAsync<SignerException>(() => Sign(signer, payload).AsTask())).Refusal;

    private static string Hexed(SignedTransaction signed) => Hex.Encode(signed.Raw.Span);

    private static Transaction1559 Unsigned() => new()
    {
        ChainId = TestMandate.Chain, Nonce = 7, GasLimit = 21_000, MaxFeePerGas = 3_000_000_000UL, MaxPriorityFeePerGas = 1_000_000_000UL, To = s_payee, Value = 9,
    };

    // What was asked, but for one field.
    private static Transaction Rebuild(JsonObject asked, string field)
    {
        asked["gas"]!.GetValue<string>().ShouldBe("0x5208");
        var same = Unsigned();
        return field switch
        {
            "nonce" => same with { Nonce = 8 },
            "to" => same with { To = Address.Parse("0x00000000000000000000000000000000000000aa") },
            "value" => same with { Value = 10 },
            "gas" => same with { GasLimit = 21_001 },
            "maxFeePerGas" => same with { MaxFeePerGas = 3_000_000_001UL },
            "maxPriorityFeePerGas" => same with { MaxPriorityFeePerGas = 999_999_999UL },
            "chainId" => same with { ChainId = new(1) },
            "input" => same with { Data = new byte[] { 1 } },
            "accessList" => same with { AccessList = [new(s_payee, [])] },
            _ => new LegacyTransaction { ChainId = same.ChainId, Nonce = 7, GasLimit = 21_000, GasPrice = same.MaxFeePerGas, To = s_payee, Value = 9 },
        };
    }

    private SigningPayload.TypedDataMessage Permit()
    {
        var message = new Eip3009Authorization(_key.Address, s_payee, 5, 0, 2_000_000_000UL, Keccak256.Hash("nonce"u8));
        return new(Eip3009.Digest(message, Eip3009.DomainSeparator("Test USD", "1", TestMandate.Token)), () => Eip3009.TypedDataJson(message, "Test USD", "1", TestMandate.Token));
    }

    private JsonRpcSigner Signer(Uri url) => new(_http, url, _key.Address, _clock);

    // A JSON-RPC server of one function: null is "no such method", an exception the user's no.
    private static LoopbackHttp Double(Func<string, JsonArray, JsonNode?> answer) => new((request, _) =>
    {
        var call = JsonNode.Parse(request.Body)!;
        var reply = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = call["id"]!.DeepClone() };
        try
        {
            if (answer(call["method"]!.GetValue<string>(), call["params"]!.AsArray()) is { } result)
            {
                reply["result"] = result;
            }
            else
            {
                reply["error"] = new JsonObject { ["code"] = -32601, ["message"] = "the method does not exist" };
            }
        }
        catch (InvalidOperationException e)
        {
            reply["error"] = new JsonObject { ["code"] = 4001, ["message"] = e.Message };
        }

        return Task.FromResult<LoopbackAnswer?>(new(200, reply.ToJsonString()));
    });
}
