using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Protocol.SignIn;
using Purser.Testing;

namespace Purser.Protocol.Tests.Intents;

/// <summary>The list of what each intent can make a key sign. Who adds a kind adds its row here.</summary>
public sealed class IntentPayloadTests
{
    /// <summary>Kind, and the one form that it gives: an EIP-712 primary type with its domain, a text, or a transaction with whom and what it calls.</summary>
    public static TheoryData<string, string> Signs => new()
    {
        { "x402.authorization", "EIP-712 TransferWithAuthorization(from=account,to=payTo,value=amount,validAfter=0,validBefore=draw,nonce=draw) in {name=draw,version=draw,chainId=asset,verifyingContract=asset}" },
        { "x402.permit2", "EIP-712 PermitWitnessTransferFrom(permitted=asset+amount,spender=x402 proxy,nonce=draw,deadline=draw,witness=payTo+0) in {name=Permit2,chainId=asset,verifyingContract=Permit2}" },
        { "transfer", "EIP-1559 to=to value=amount data=none | EIP-1559 to=asset value=0 data=transfer(to,amount)" },
        { "approve", "EIP-1559 to=asset value=0 data=approve(spender,amount)" },
        { "contract.call", "EIP-1559 to=contract value=value data=data" },
        { "signin.message", "EIP-191 EIP-4361 text of domain and URI within origin" },
        { "x402.upto", "EIP-712 PermitWitnessTransferFrom(permitted=asset+amount,spender=x402 upto proxy,nonce=draw,deadline=draw,witness=payTo+facilitator+0) in {name=Permit2,chainId=asset,verifyingContract=Permit2}" },
        { "token.permit", "EIP-712 Permit(owner=account,spender=Permit2,value=amount,nonce=draw,deadline=draw) in {name=draw,version=draw,chainId=asset,verifyingContract=asset}" },
    };

    [Theory]
    [MemberData(nameof(Signs))]
    public void Each_kind_makes_a_key_sign_exactly_this(string kind, string what) => Seeded.Run(60, seeded =>
    {
        var number = Kinds.IndexOf(kind);
        var intent = SomeIntent.OfKind(seeded, number);
        intent.Kind.ShouldBe(kind);
        Describe(intent, new PaymentDraws(new(seeded.Bytes(32)), seeded.Next(int.MaxValue), "Test " + seeded.Next(9), "2")).ShouldBeOneOf(what.Split(" | "));
    });

    [Fact]
    public void The_list_has_every_kind_of_the_family_and_no_other()
    {
        var family = typeof(Intent).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Intent)) && !type.IsAbstract).Select(type => type.Name).Order();
        family.ShouldBe(Enumerable.Range(0, Kinds.Count).Select(kind => SomeIntent.OfKind(new Seeded(1), kind).GetType().Name).Order());
        Signs.Select(row => row.Data.Item1).ShouldBe(Kinds);
        typeof(IntentPayload).GetNestedTypes().Select(type => type.Name).Order().ShouldBe(["Call", "Eip2612Message", "Eip3009Message", "Permit2Message", "Text"]);
    }

    [Fact]
    public void Different_intents_and_different_draws_never_sign_the_same_bytes() => Seeded.Run(100, seeded =>
    {
        var draws = new PaymentDraws(new(seeded.Bytes(32)), 1_800_000_000, "Test", "1");
        var payment = (X402AuthorizationIntent)SomeIntent.OfKind(seeded, 0);
        PaymentIntent[] changed = [payment, SomeIntent.Permit2(payment), SomeIntent.Upto(payment, payment.PayTo), SomeIntent.Upto(payment, payment.Account), payment with { PayTo = new(seeded.Bytes(20)) }, payment with { Amount = payment.Amount + UInt256.One }, payment with { Account = new(seeded.Bytes(20)) }, payment with { Asset = payment.Asset with { Token = new(seeded.Bytes(20)) } }];
        var digests = changed.Select(intent => Digest(IntentPayload.Of(intent, draws))).Append(Digest(IntentPayload.Of(payment, draws with { ValidBefore = 1_800_000_001 }))).Append(Digest(IntentPayload.Of(payment, draws with { Nonce = default }))).ToList();
        digests.Distinct().Count().ShouldBe(digests.Count);

        var signIn = (SignInIntent)SomeIntent.OfKind(seeded, 5);
        Digest(IntentPayload.Of(signIn with { Nonce = signIn.Nonce + "0" })).ShouldNotBe(Digest(IntentPayload.Of(signIn)));
    });

    [Fact]
    public void The_document_for_a_signer_elsewhere_hashes_to_what_is_signed_here() => Seeded.Run(20, seeded =>
    {
        var draws = new PaymentDraws(new(seeded.Bytes(32)), seeded.Next(int.MaxValue), "USD₮0 \"x\"", "1");
        var payment = (X402AuthorizationIntent)SomeIntent.OfKind(seeded, 0);
        payment = payment with { Asset = payment.Asset with { Chain = new((ulong)seeded.Next(int.MaxValue) + 1) } };
        var eip3009 = IntentPayload.Of(payment, draws).ShouldBeOfType<IntentPayload.Eip3009Message>();
        TypedData.Parse(eip3009.Document()).Hash().ShouldBe(eip3009.Digest);
        var permit2 = IntentPayload.Of(SomeIntent.Permit2(payment), draws).ShouldBeOfType<IntentPayload.Permit2Message>();
        TypedData.Parse(permit2.Document()).Hash().ShouldBe(permit2.Digest);
        var upto = IntentPayload.Of(SomeIntent.Upto(payment, payment.PayTo), draws).ShouldBeOfType<IntentPayload.Permit2Message>();
        TypedData.Parse(upto.Document()).Hash().ShouldBe(upto.Digest);
    });

    [Fact]
    public void An_intent_that_breaks_a_rule_or_a_payment_without_draws_gives_nothing_to_sign()
    {
        var payment = (X402AuthorizationIntent)SomeIntent.OfKind(new Seeded(3), 0);
        Should.Throw<ArgumentException>(() => IntentPayload.Of(payment));
        Should.Throw<ArgumentException>(() => IntentPayload.Of(payment with { Amount = 0UL }, new PaymentDraws(default, 1, "a", "1")));
    }

    private static readonly List<string> Kinds = ["x402.authorization", "x402.permit2", "transfer", "approve", "contract.call", "signin.message", "x402.upto", "token.permit"];

    private static Hash32 Digest(IntentPayload payload) => payload switch
    {
        IntentPayload.Eip3009Message message => message.Digest,
        IntentPayload.Permit2Message message => message.Digest,
        IntentPayload.Eip2612Message message => message.Digest,
        IntentPayload.Text text => text.Digest,
        _ => throw new InvalidDataException(payload.ToString()),
    };

    // Where each member of the payload comes from, said from the payload's own bytes: typed data by its document, a transaction by its calldata.
    private static string Describe(Intent intent, PaymentDraws draws)
    {
        switch (IntentPayload.Of(intent, intent is PaymentIntent or TokenPermitIntent ? draws : null))
        {
            case IntentPayload.Eip3009Message message:
                var payment = (X402AuthorizationIntent)intent;
                var typed = TypedData.Parse(message.Document());
                typed.Hash().ShouldBe(message.Digest);
                typed.Domain.ShouldBe(new Eip712Domain { Name = draws.DomainName, Version = draws.DomainVersion, ChainId = payment.Asset.Chain.Value, VerifyingContract = payment.Asset.Token });
                var m = typed.Message;
                return $"EIP-712 {typed.PrimaryType}(from={Of(m, "from", payment.Account, "account")},to={Of(m, "to", payment.PayTo, "payTo")},value={Of(m, "value", payment.Amount, "amount")},validAfter={m.GetProperty("validAfter")},"
                    + $"validBefore={Of(m, "validBefore", draws.ValidBefore, "draw")},nonce={Of(m, "nonce", draws.Nonce, "draw")}) in {{name=draw,version=draw,chainId=asset,verifyingContract=asset}}";
            case IntentPayload.Permit2Message message:
                var permit = (PermitIntent)intent;
                var document = TypedData.Parse(message.Document());
                document.Hash().ShouldBe(message.Digest);
                document.Domain.ShouldBe(new Eip712Domain { Name = "Permit2", ChainId = permit.Asset.Chain.Value, VerifyingContract = Address.Parse("0x000000000022D473030F116dDEE9F6B43aC78BA3") });
                var (p, permitted, witness) = (document.Message, document.Message.GetProperty("permitted"), document.Message.GetProperty("witness"));
                var (proxy, named, settler) = permit is X402UptoIntent upto
                    ? ("0x4020A4f3b7b90ccA423B9fabCc0CE57C6C240002", "x402 upto proxy", $"+{Of(witness, "facilitator", upto.Facilitator, "facilitator")}")
                    : ("0x402085c248EeA27D92E8b30b2C58ed07f9E20001", "x402 proxy", "");
                return $"EIP-712 {document.PrimaryType}(permitted={Of(permitted, "token", permit.Asset.Token, "asset")}+{Of(permitted, "amount", permit.Amount, "amount")},spender={Of(p, "spender", proxy, named)},"
                    + $"nonce={Of(p, "nonce", UInt256.FromBigEndian(draws.Nonce.Bytes), "draw")},deadline={Of(p, "deadline", draws.ValidBefore, "draw")},witness={Of(witness, "to", permit.PayTo, "payTo")}{settler}+{witness.GetProperty("validAfter")}) in {{name=Permit2,chainId=asset,verifyingContract=Permit2}}";
            case IntentPayload.Eip2612Message message:
                var allowed = (TokenPermitIntent)intent;
                var permitted2612 = TypedData.Parse(message.Document());
                permitted2612.Hash().ShouldBe(message.Digest);
                permitted2612.Domain.ShouldBe(new Eip712Domain { Name = draws.DomainName, Version = draws.DomainVersion, ChainId = allowed.Asset.Chain.Value, VerifyingContract = allowed.Asset.Token });
                var e = permitted2612.Message;
                return $"EIP-712 {permitted2612.PrimaryType}(owner={Of(e, "owner", allowed.Account, "account")},spender={Of(e, "spender", "0x000000000022D473030F116dDEE9F6B43aC78BA3", "Permit2")},value={Of(e, "value", allowed.Amount, "amount")},"
                    + $"nonce={Of(e, "nonce", UInt256.FromBigEndian(draws.Nonce.Bytes), "draw")},deadline={Of(e, "deadline", draws.ValidBefore, "draw")}) in {{name=draw,version=draw,chainId=asset,verifyingContract=asset}}";
            case IntentPayload.Text text:
                var signIn = (SignInIntent)intent;
                var read = SignInMessage.Parse(text.Message).ShouldBeOfType<SignInReading.Read>().Message;
                read.ToIntent(signIn.Id, signIn.Account, signIn.Origin).ShouldBe(signIn);
                signIn.Origin.ShouldEndWith("://" + read.Domain);
                read.Uri.ShouldStartWith(signIn.Origin);
                text.Digest.ShouldBe(Eip191.HashPersonalMessage(System.Text.Encoding.UTF8.GetBytes(text.Message)));
                return "EIP-191 EIP-4361 text of domain and URI within origin";
            case IntentPayload.Call call:
                call.GasCap.ShouldBe(((TransactionIntent)intent).GasCap);
                call.Chain.ShouldBe(((TransactionIntent)intent).Chain);
                return "EIP-1559 " + Describe(intent, call);
            case var other:
                return other.ToString()!;
        }
    }

    private static string Describe(Intent intent, IntentPayload.Call call)
    {
        switch (intent)
        {
            case TransferIntent { Asset.IsNative: true } transfer:
                (call.To, call.Value, call.Data.Length).ShouldBe((transfer.To, transfer.Amount, 0));
                return "to=to value=amount data=none";
            case TransferIntent transfer:
                call.To.ShouldBe(transfer.Asset.Token);
                // a9059cbb: the selector of ERC-20's transfer.
                Hex.Encode(call.Data.Span).ShouldBe($"0xa9059cbb{Word(transfer.To)}{Word(transfer.Amount)}");
                return $"to=asset value={call.Value} data=transfer(to,amount)";
            case ApproveIntent approve:
                call.To.ShouldBe(approve.Asset.Token);
                Hex.Encode(call.Data.Span).ShouldBe($"0x095ea7b3{Word(approve.Spender)}{Word(approve.Amount)}");
                return $"to=asset value={call.Value} data=approve(spender,amount)";
            case ContractCallIntent contract:
                (call.To, call.Value).ShouldBe((contract.Contract, contract.Value));
                call.Data.Span.SequenceEqual(contract.Data.Span).ShouldBeTrue();
                return "to=contract value=value data=data";
            default:
                return intent.Kind;
        }
    }

    private static string Of<T>(System.Text.Json.JsonElement message, string member, T expected, string name) =>
        message.GetProperty(member).ToString() == expected!.ToString() ? name : message.GetProperty(member).ToString();

    private static string Word(Address address) => new string('0', 24) + Convert.ToHexStringLower(address.Bytes);

    private static string Word(UInt256 amount) => Convert.ToHexStringLower(amount.ToBigEndian());
}
