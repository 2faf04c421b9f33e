using System.Text;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Testing;
using Purser.Wallet;
using Purser.Wallet.Vault;

namespace Purser.Services.Tests.Vault;

/// <summary>The wire between vault and client: what is written is read back as the same value, and nothing else is read.</summary>
public sealed class WalletJsonTests
{
    [Fact]
    public void Every_answer_is_read_back_as_it_was()
    {
        var seeded = new Seeded(11);
        for (var i = 0; i < Tier.Pick(300, 100_000); i++)
        {
            var result = Result(seeded);
            Round(writer => WalletJson.Write(writer, result), WalletJson.ReadResult).ShouldBe(result, $"seed {seeded.Seed}");
            var payment = Payment(seeded);
            Round(writer => WalletJson.Write(writer, payment), WalletJson.ReadPayment).ShouldBe(payment, $"seed {seeded.Seed}");
            var outcome = Outcome(seeded);
            Round(writer => WalletJson.Write(writer, outcome), WalletJson.ReadOutcome).ShouldBe(outcome, $"seed {seeded.Seed}");
        }
    }

    [Fact]
    public void What_is_changed_by_a_byte_is_refused_or_has_one_meaning_and_never_throws()
    {
        var seeded = new Seeded(12);
        for (var i = 0; i < Tier.Pick(600, 200_000); i++)
        {
            var bytes = Json(writer => WalletJson.Write(writer, Payment(seeded)));
            bytes[seeded.Next(bytes.Length)] = (byte)seeded.Next(256);
            var shape = JsonShape.Parse(bytes, WalletJson.Limits);
            if (shape.Ok && WalletJson.ReadPayment(shape) is { } read)
            {
                Round(writer => WalletJson.Write(writer, read), WalletJson.ReadPayment).ShouldBe(read);
            }
            else
            {
                shape.Refusal.ShouldNotBeNull();
            }

            var answer = Json(writer => WalletJson.Write(writer, Result(seeded)));
            var cut = JsonShape.Parse(answer.AsSpan(0, seeded.Next(answer.Length)), WalletJson.Limits);
            cut.Ok.ShouldBeFalse();
        }
    }

    [Theory]
    [InlineData("""{"v":2,"result":"refused","code":"a","message":"b","hint":"c","kind":"policy"}""")]
    [InlineData("""{"result":"refused","code":"a","message":"b","hint":"c","kind":"policy"}""")]
    [InlineData("""{"v":1,"result":"refused","code":"a","message":"b","hint":"c","kind":"other"}""")]
    [InlineData("""{"v":1,"result":"refused","code":"a","message":"b","hint":"c","kind":"policy","more":1}""")]
    [InlineData("""{"v":1,"result":"refused","code":"a","message":"b","hint":"c"}""")]
    [InlineData("""{"v":1,"result":"granted"}""")]
    [InlineData("""{"v":1,"result":"authorized","intentId":"a","statement":{"kind":"bytes","signature":"0x00"}}""")]
    [InlineData("""{"v":1,"result":"authorized","intentId":"a"}""")]
    [InlineData("""{"v":1,"result":"approval_needed","approvalId":"a","summary":"b","expiresAtMs":-1}""")]
    [InlineData("""{"v":1,"result":"approval_needed","approvalId":"a","summary":"b","expiresAtMs":"5"}""")]
    [InlineData("""[]""")]
    public void An_answer_of_another_form_is_refused(string text)
    {
        var shape = JsonShape.Parse(Encoding.UTF8.GetBytes(text), WalletJson.Limits);
        WalletJson.ReadResult(shape).ShouldBeNull();
        shape.Refusal.ShouldNotBeNull();
    }

    [Fact]
    public void Every_kind_of_refusal_has_a_name_of_its_own()
    {
        var names = Enum.GetValues<WalletRefusalKind>().Select(WalletJson.NameOf).ToList();
        names.Distinct().Count().ShouldBe(names.Count);
        names.Select(WalletJson.KindOf).ShouldBe(Enum.GetValues<WalletRefusalKind>().Cast<WalletRefusalKind?>());
    }

    private static AuthorizationResult Result(Seeded seeded) => seeded.Next(3) switch
    {
        0 => new AuthorizationResult.Authorized($"intent-{seeded.Next(1000)}", Statement(seeded)),
        1 => new AuthorizationResult.ApprovalNeeded($"ap-{seeded.Next(1000)}", Text(seeded), Instant(seeded)),
        _ => new AuthorizationResult.Refused(new("policy_cap", Text(seeded), Text(seeded), (WalletRefusalKind)seeded.Next(Enum.GetValues<WalletRefusalKind>().Length))),
    };

    private static SignedStatement Statement(Seeded seeded) => seeded.Next(5) switch
    {
        0 => new SignedEip3009(new(Address(seeded), Address(seeded), Number(seeded), Number(seeded), Number(seeded), Hash(seeded)), Sign(seeded)),
        1 => new SignedPermit2(new(Address(seeded), Address(seeded), Number(seeded), Address(seeded), Number(seeded), Number(seeded), Address(seeded), Number(seeded)), Sign(seeded)),
        3 => new SignedEip2612(new(Address(seeded), Address(seeded), Number(seeded), Number(seeded), Number(seeded)), Sign(seeded)),
        2 => new SignedMessage(Text(seeded), Sign(seeded)),
        _ => new SentTransaction(new ChainId((ulong)seeded.Between(1, 100_000)), seeded.OneIn(3) ? null : Hash(seeded)),
    };

    private static Payment Payment(Seeded seeded) => new(
        VaultWorld.Intent($"p{seeded.Next(100_000)}", Address(seeded), (ulong)seeded.Between(1, 1_000_000)),
        (PaymentState)seeded.Next(Enum.GetValues<PaymentState>().Length), seeded.OneIn(3) ? null : Statement(seeded), seeded.OneIn(2) ? null : Hash(seeded), seeded.OneIn(2) ? null : Text(seeded), Instant(seeded), Instant(seeded)) { Summary = seeded.OneIn(2) ? null : Text(seeded) };

    private static PresentOutcome Outcome(Seeded seeded) => seeded.Next(3) switch
    {
        0 => new PresentOutcome.Settled(seeded.OneIn(2) ? null : Hash(seeded)),
        1 => new PresentOutcome.Rejected(Text(seeded)),
        _ => new PresentOutcome.Unknown(Text(seeded)),
    };

    private static string Text(Seeded seeded) => string.Concat(Enumerable.Range(0, seeded.Next(40)).Select(_ => seeded.Pick(["a", "\"", "\\", "é", "\u0001", "\n", "{", "😀", "\u2028"])));

    private static DateTimeOffset Instant(Seeded seeded) => DateTimeOffset.FromUnixTimeMilliseconds(seeded.Next(int.MaxValue) * 1000L);

    private static Address Address(Seeded seeded) => new(seeded.Bytes(20));

    private static Hash32 Hash(Seeded seeded) => new(seeded.Bytes(32));

    private static UInt256 Number(Seeded seeded) => UInt256.FromBigEndian(seeded.Bytes(32));

    private static Signature Sign(Seeded seeded)
    {
        using var key = PrivateKey.FromBytes([0, .. seeded.Bytes(31)]);
        return key.Sign(Hash(seeded));
    }

    private static T Round<T>(Action<Utf8JsonWriter> write, Func<JsonShape, T?> read)
        where T : class
    {
        var shape = JsonShape.Parse(Json(write), WalletJson.Limits);
        var value = read(shape);
        shape.Refusal.ShouldBeNull();
        return value.ShouldNotBeNull();
    }

    private static byte[] Json(Action<Utf8JsonWriter> write) => PaymentHeader.Json(write);
}
