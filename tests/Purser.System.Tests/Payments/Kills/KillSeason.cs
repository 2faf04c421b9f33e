using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using Purser.Cli.Composition;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.SystemTests.CommandLine;
using Purser.SystemTests.Processes;
using Purser.Testing;

namespace Purser.SystemTests.Payments.Kills;

/// <summary>
/// A chain, a facilitator, a shop with a route for each way of paying, and a client's data folder: each process its own, each data folder durable, and a relay on every wire between them, so that any of
/// them can be killed at a moment that shows on a wire, and be replaced without the others noticing more than that.
/// </summary>
public sealed class KillSeason : IAsyncDisposable
{
    /// <summary>The account that the wallet pays from, whose key is with a signer that is asked over a wire.</summary>
    public const int WalletAccount = 5;

    /// <summary>The account whose key the facilitator sends with.</summary>
    public const int FacilitatorAccount = DevelopmentAccounts.Facilitator;

    private static readonly int[] s_handAccounts = [2, 3, 4];

    private readonly TemporaryFolder _folder = new();
    private readonly Seeded _seeded;
    private readonly ConcurrentDictionary<string, KilledPayment> _payments = new(StringComparer.Ordinal);
    private readonly Dictionary<KillWire, TrapRelay> _wires = [];
    private readonly string? _sellerStore;
    private PurserProcess? _sandbox;
    private PurserProcess? _facilitator;
    private PurserProcess? _seller;

    private KillSeason(Seeded seeded, string? sellerStore)
    {
        _seeded = seeded;
        _sellerStore = sellerStore;
    }

    /// <summary>The chain, without a relay.</summary>
    public IChain Chain { get; private set; } = null!;

    /// <summary>The server behind the shop.</summary>
    public CountingUpstream Upstream { get; private set; } = null!;

    /// <summary>What each way's route asks, and of whom.</summary>
    public IReadOnlyDictionary<PayingWay, PaymentRequirements> Offers { get; private set; } = new Dictionary<PayingWay, PaymentRequirements>();

    /// <summary>All payments so far.</summary>
    public IReadOnlyCollection<KilledPayment> Payments => [.. _payments.Values];

    /// <summary>Runs of work before settlement, in a flow that settles first; empty, or something was worked for unpaid.</summary>
    public ConcurrentQueue<string> UnpaidUpfront { get; } = new();

    /// <summary>The shop as clients see it.</summary>
    public Uri Shop => _wires[KillWire.Door].Url;

    /// <summary>The client's data folder.</summary>
    public string ClientFolder => _folder.File("client");

    /// <summary>The facilitator's store.</summary>
    public string FacilitatorStore => "sqlite:" + Path.Combine(_folder.File("facilitator"), "purser.db");

    /// <summary>The seller's store.</summary>
    public string SellerStore => _sellerStore ?? "sqlite:" + Path.Combine(_folder.File("seller"), "purser.db");

    /// <summary>What the seller's present run wrote to standard error.</summary>
    public string SellerError => _seller!.Error;

    private Uri RpcUrl { get; set; } = null!;

    /// <summary>Starts everything.</summary>
    /// <param name="seeded">For nonces and keys.</param>
    /// <param name="sellerStore">The seller's store (PostgreSQL), or null for SQLite in its data folder.</param>
    public static async Task<KillSeason> StartAsync(Seeded seeded, string? sellerStore)
    {
        var season = new KillSeason(seeded, sellerStore);
        try
        {
            await season.OpenAsync();
            return season;
        }
        catch
        {
            await season.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in new[] { _seller, _facilitator })
        {
            if (process is not null)
            {
                await process.DisposeAsync();
            }
        }
        foreach (var wire in _wires.Values)
        {
            await wire.DisposeAsync();
        }
        if (Upstream is not null)
        {
            await Upstream.DisposeAsync();
        }
        if (_sandbox is not null)
        {
            await _sandbox.DisposeAsync();
        }
        _folder.Dispose();
    }

    /// <summary>A wire.</summary>
    public TrapRelay Wire(KillWire wire) => _wires[wire];

    /// <summary>A new payment that is signed here, once, and presented by hand.</summary>
    public KilledPayment NewByHand(PayingWay way, int number) => Add(new($"/{way.Name}/{number}", way)
    {
        ByHand = PreparedPayment.Sign($"/{way.Name}/{number}", Offers[way], _seeded.Pick(s_handAccounts), _seeded, way.Version),
    });

    /// <summary>A new payment that a wallet is going to make: quoted, not confirmed.</summary>
    public async Task<KilledPayment> NewByWalletAsync(PayingWay way, int number, bool abandoned)
    {
        var path = $"/{way.Name}/{number}";
        var quoted = await InProcess.RunAsync("pay", "quote", new Uri(Shop, path).AbsoluteUri, "--data", ClientFolder);
        quoted.ExitCode.ShouldBe(3, quoted.Output);
        return Add(new(path, way) { Quote = quoted.Json.GetProperty("pending").GetProperty("id").GetString()!, IsAbandoned = abandoned });
    }

    /// <summary>The wallet's confirmation as a process of its own, which is waited for by nobody.</summary>
    public PurserProcess BeginConfirm(KilledPayment payment) => PurserProcess.Begin(Confirming(payment));

    /// <summary>The same, to its end, in this process.</summary>
    public Task<PurserAnswer> ConfirmAsync(KilledPayment payment) => InProcess.RunAsync(Confirming(payment));

    /// <summary>Kills a process that serves. Afterwards a killed seller has nothing on its way to the server behind it any more: what has run by then is all that it had run.</summary>
    public async Task KillAsync(Victim victim)
    {
        await (victim is Victim.Seller ? _seller : _facilitator)!.KillAsync();
        if (victim is Victim.Seller)
        {
            await _wires[KillWire.Work].ShutAsync();
        }
    }

    /// <summary>Starts a killed process again, on its own data.</summary>
    public async Task RestartAsync(Victim victim)
    {
        if (victim is Victim.Seller)
        {
            await _seller!.DisposeAsync();
            _wires[KillWire.Work].Open();
            await StartSellerAsync();
        }
        else if (victim is Victim.Facilitator)
        {
            await _facilitator!.DisposeAsync();
            await StartFacilitatorAsync();
        }
    }

    /// <summary>Stops both servers, so that their books can be read in peace.</summary>
    public async Task StopServersAsync()
    {
        (await _seller!.StopAsync()).ShouldBe(0, _seller.Error);
        (await _facilitator!.StopAsync()).ShouldBe(0, _facilitator.Error);
    }

    /// <summary>Asks the facilitator for a settlement once more, as the seller last did.</summary>
    public async Task<SettleResponse> RepeatSettlementAsync(KilledPayment payment)
    {
        ArgumentNullException.ThrowIfNull(payment);
        var (body, owner) = payment.Settlement.ShouldNotBeNull(payment.Path);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_wires[KillWire.Settle].Target, "/settle")) { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation(PaymentHeader.SettlementOwner, owner is null ? [] : [owner]);
        using var response = await PaymentWorld.Http.SendAsync(request);
        response.StatusCode.ShouldBe(System.Net.HttpStatusCode.OK, payment.Path);
        return SettleResponse.Read(JsonShape.Parse(await response.Content.ReadAsByteArrayAsync()));
    }

    /// <summary>Asks the node for something that chains do not have.</summary>
    public async Task<JsonElement> RpcAsync(string method, params object[] parameters)
    {
        using var response = await PaymentWorld.Http.PostAsJsonAsync(RpcUrl, new { jsonrpc = "2.0", id = 1, method, @params = parameters });
        var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        return answer.TryGetProperty("result", out var result) ? result : throw new InvalidOperationException($"{method}: {answer}");
    }

    private string[] Confirming(KilledPayment payment) => ["pay", "confirm", payment.Quote!, "--yes", "--account", "far", "--data", ClientFolder];

    private KilledPayment Add(KilledPayment payment)
    {
        _payments.TryAdd(payment.Path, payment).ShouldBeTrue(payment.Path);
        if (payment.ByHand is { } hand)
        {
            payment.Saw(UseOf(hand.Payload, payment.Way));
        }
        return payment;
    }

    private async Task OpenAsync()
    {
        _sandbox = await PurserProcess.StartAsync("sandbox", "--chain-id", "84532", "--port", "0", "--data", _folder.File("chain"));
        RpcUrl = new Uri(_sandbox.Ready.GetProperty("rpcUrl").GetString()!);
        Chain = new JsonRpcChain(PaymentWorld.Http, RpcUrl, TimeProvider.System);
        Upstream = await CountingUpstream.StartAsync();
        Upstream.OnRun = RanAsync;
        foreach (var (wire, target) in new[] { (KillWire.Work, Upstream.Url), (KillWire.Chain, RpcUrl), (KillWire.Wallet, RpcUrl), (KillWire.Settle, RpcUrl), (KillWire.Door, RpcUrl) })
        {
            _wires[wire] = await TrapRelay.StartAsync(target, followsAsker: wire is KillWire.Door);
        }
        _wires[KillWire.Door].OnAsked = NotePresented;
        _wires[KillWire.Door].OnAnswered = SpeakVersion1;
        _wires[KillWire.Settle].OnAsked = NoteSettlement;
        _wires[KillWire.Chain].OnAsked = NoteTransaction;
        foreach (var account in s_handAccounts.Append(WalletAccount))
        {
            var approve = AbiFunction.Parse("approve(address,uint256)").Encode(Permit2.Contract, UInt256.MaxValue);
            await RpcAsync("eth_sendTransaction", new { from = DevelopmentAccounts.Addresses[account].ToString(), to = PaymentWorld.Token.Token.ToString(), data = Hex.Encode(approve) });
        }
        await WriteFoldersAsync();
        await StartFacilitatorAsync();
        await StartSellerAsync();
        Offers = await ReadOffersAsync();
    }

    private async Task WriteFoldersAsync()
    {
        foreach (var name in new[] { "facilitator", "seller", "client" })
        {
            Directory.CreateDirectory(_folder.File(name));
            File.Copy(Path.Combine(_folder.File("chain"), NetworkFile.FileName), Path.Combine(_folder.File(name), NetworkFile.FileName));
        }
        NetworkFile.Remember(ClientFolder, new(ChainId.Parse(PaymentWorld.Network), _wires[KillWire.Wallet].Url), null);
        var routes = KillCell.Ways.Select(way => new Dictionary<string, object?>
        {
            ["path"] = $"/{way.Name}/**",
            ["price"] = "0.001 TUSD",
            ["by"] = way.By,
            ["flow"] = way.IsUpfront ? "upfront" : null,
            ["payTo"] = PaymentWorld.NewPayee(_seeded).ToString(),
        }).Select(route => route.Where(member => member.Value is not null).ToDictionary());
        await File.WriteAllTextAsync(_folder.File("routes.json"), JsonSerializer.Serialize(new { routes }));
        var imported = await InProcess.RunAsync("wallet", "import", "far", "--external", _wires[KillWire.Wallet].Url.AbsoluteUri, "--address", DevelopmentAccounts.Addresses[WalletAccount].ToString(), "--policy", "demo", "--data", ClientFolder);
        imported.ExitCode.ShouldBe(0, imported.Output);
    }

    private async Task StartFacilitatorAsync()
    {
        _facilitator = await PurserProcess.StartAsync("facilitator", "--dev-account", $"{FacilitatorAccount}", "--port", "0", "--data", _folder.File("facilitator"), "--rpc", _wires[KillWire.Chain].Url.AbsoluteUri, "--network", PaymentWorld.Network);
        _wires[KillWire.Settle].Target = PaymentWorld.UrlOf(_facilitator);
    }

    private async Task StartSellerAsync()
    {
        string[] store = _sellerStore is null ? [] : ["--store", _sellerStore];
        _seller = await PurserProcess.StartAsync(
        [
            "sell", "--upstream", _wires[KillWire.Work].Url.AbsoluteUri, "--routes", _folder.File("routes.json"), "--pay-to", PaymentWorld.NewPayee(new(1)).ToString(), "--facilitator", _wires[KillWire.Settle].Url.AbsoluteUri,
            "--port", "0", "--network", PaymentWorld.Network, "--rpc", RpcUrl.AbsoluteUri, "--data", _folder.File("seller"), "--drain", "300", .. store,
        ]);
        _wires[KillWire.Door].Target = PaymentWorld.UrlOf(_seller);
    }

    private async Task<Dictionary<PayingWay, PaymentRequirements>> ReadOffersAsync()
    {
        var offers = new Dictionary<PayingWay, PaymentRequirements>();
        foreach (var way in KillCell.Ways)
        {
            using var response = await PaymentWorld.Http.GetAsync(new Uri(_wires[KillWire.Door].Target, $"/{way.Name}/offer"));
            offers[way] = PaymentRequired.Read(PaymentHeader.Decode(response.Headers.GetValues(PaymentHeader.Required).Single())).Accepts.Single();
        }
        return offers;
    }

    private OneUse UseOf(PaymentPayload payload, PayingWay way)
    {
        var terms = PaymentSchemes.ReadTerms(Offers[way], out _)!;
        return terms.Rules.ReadProof(terms, JsonShape.Of(payload.Payload)).OneUse;
    }

    private KilledPayment? NamedIn(string text) => _payments.Values.FirstOrDefault(payment => payment.IsNamedIn(text));

    private void NotePresented(Passage passage)
    {
        var request = passage.Http.Request;
        var header = request.Headers[PaymentHeader.Signature] is { Count: 1 } current ? current : request.Headers[PaymentHeader.SignatureV1];
        if (header is [{ } value] && _payments.TryGetValue(passage.Path, out var payment))
        {
            payment.Saw(UseOf(PaymentPayload.Read(PaymentHeader.Decode(value)), payment.Way));
        }
    }

    // Without the header of version 2 a client has to take the body, which is version 1's.
    private static void SpeakVersion1(Passage passage)
    {
        if (passage.Path.StartsWith("/v1/", StringComparison.Ordinal))
        {
            passage.Http.Response.Headers.Remove(PaymentHeader.Required);
        }
    }

    // By the time that a settlement is asked, the work is on record: from here on it is never done again.
    private void NoteSettlement(Passage passage)
    {
        if (passage.Path == "/settle" && NamedIn(passage.Body) is { } payment)
        {
            payment.SawSettlement(Upstream.RunsOf(payment.Path), passage.Body, passage.Http.Request.Headers[PaymentHeader.SettlementOwner]);
        }
    }

    private void NoteTransaction(Passage passage)
    {
        foreach (var raw in RawTransactions(passage.Body))
        {
            if (NamedIn(raw) is { } payment)
            {
                payment.Transactions.TryAdd(Keccak256.Hash(Convert.FromHexString(raw.AsSpan(2))).ToString(), true);
            }
        }
    }

    /// <summary>Whether a request of a wire is this one of this payment.</summary>
    public bool IsFor(KilledPayment payment, KillRequest request, Passage passage)
    {
        var body = passage.Body;
        return request switch
        {
            KillRequest.Paid => passage.Path == payment.Path && (passage.Http.Request.Headers.ContainsKey(PaymentHeader.Signature) || passage.Http.Request.Headers.ContainsKey(PaymentHeader.SignatureV1)),
            KillRequest.Work => passage.Path == payment.Path,
            KillRequest.Verify => passage.Path == "/verify" && payment.IsNamedIn(body),
            KillRequest.Settle => passage.Path == "/settle" && payment.IsNamedIn(body),
            KillRequest.LookBefore => payment.RunsWhenSettlementWasAsked < 0 && payment.IsNamedIn(body) && !RawTransactions(body).Any(),
            KillRequest.LookAfter => payment.RunsWhenSettlementWasAsked >= 0 && payment.IsNamedIn(body) && !RawTransactions(body).Any(),
            KillRequest.Broadcast => RawTransactions(body).Any(payment.IsNamedIn),
            KillRequest.Receipt => body.Contains("eth_getTransactionReceipt", StringComparison.Ordinal) && payment.Transactions.Keys.Any(hash => body.Contains(hash, StringComparison.OrdinalIgnoreCase))
                && passage.Answer?.Contains("blockHash", StringComparison.Ordinal) != false,
            KillRequest.WalletLook => true,
            KillRequest.Sign => body.Contains("eth_signTypedData", StringComparison.Ordinal),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private static IEnumerable<string> RawTransactions(string body)
    {
        if (!body.Contains("eth_sendRawTransaction", StringComparison.Ordinal))
        {
            yield break;
        }
        var document = JsonDocument.Parse(body).RootElement;
        foreach (var call in document.ValueKind == JsonValueKind.Array ? [.. document.EnumerateArray()] : new[] { document })
        {
            if (call.GetProperty("method").GetString() == "eth_sendRawTransaction")
            {
                yield return call.GetProperty("params")[0].GetString()!;
            }
        }
    }

    private async Task RanAsync(Microsoft.AspNetCore.Http.HttpContext context)
    {
        var path = context.Request.Path.Value!;
        if (_payments.TryGetValue(path, out var payment) && payment.Way.IsUpfront && !await IsUsedAsync(payment.Uses.Single()))
        {
            UnpaidUpfront.Enqueue(path);
        }
        if (path.StartsWith("/upto/", StringComparison.Ordinal))
        {
            context.Response.Headers["Settlement-Overrides"] = $$"""{"amount":"{{KilledPayment.TakenFor(path)}}"}""";
        }
    }

    /// <summary>Whether the chain has used what pays once.</summary>
    public async Task<bool> IsUsedAsync(OneUse use)
    {
        ArgumentNullException.ThrowIfNull(use);
        var nonce = use.Nonce.ToUInt256();
        return use.Contract == Permit2.Contract
            ? !((await AskAsync(use.Contract, AbiFunction.Parse("nonceBitmap(address,uint256)").Encode(use.Payer, nonce >> 8)) >> (int)(nonce & 255UL)) & UInt256.One).IsZero
            : !(await AskAsync(use.Contract, AbiFunction.Parse("authorizationState(address,bytes32)").Encode(use.Payer, use.Nonce))).IsZero;
    }

    private async Task<UInt256> AskAsync(Address contract, byte[] data) => await Chain.CallAsync(new CallRequest { To = contract, Data = data }) is CallResult.Returned { Data.Length: 32 } returned
        ? UInt256.FromBigEndian(returned.Data)
        : throw new InvalidOperationException($"{contract} does not answer.");
}
