using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.Extensions;
using Purser.Testing;

namespace Purser.Protocol.Tests.Payments.Extensions;

public class Eip2612Tests
{
    private static readonly Address s_payer = Address.Parse("0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
    private static readonly Address s_token = Address.Parse("0x036CbD53842c5426634e7929541eC2318f3dCF7e");
    private static readonly Eip2612Sponsorship s_good = new(s_token, new(s_payer, Permit2.Contract, 1000UL, 7UL, 2000UL), new byte[65]);

    [Fact]
    public void The_digest_laid_by_hand_is_that_of_the_typed_data_document() => Seeded.Run(30, seeded =>
    {
        var token = new AssetId(new ChainId(1 + (seeded.NextUInt64() >> seeded.Next(64))), new(seeded.Bytes(20)));
        var permit = new Eip2612Permit(new(seeded.Bytes(20)), new(seeded.Bytes(20)), Number(seeded), Number(seeded), Number(seeded));
        var document = TypedData.Parse(Eip2612.TypedDataJson(permit, "USD Coin", "2", token));
        Eip2612.PermitType.ShouldBe(document.EncodedType);
        Eip2612.Digest(permit, Eip3009.DomainSeparator("USD Coin", "2", token)).ShouldBe(document.Hash());
    });

    [Fact]
    public void The_type_is_that_of_the_standard() =>
        Eip712.TypeHash(Eip2612.PermitType).ToString().ShouldBe("0x6e71edae12b1b97f4d1f60370fef10105fa2faae0126114a169c64845d6126c9");

    [Fact]
    public void Whoever_signed_is_recovered_and_a_change_of_any_member_recovers_another() => Seeded.Run(10, seeded =>
    {
        using var key = PrivateKey.FromBytes(seeded.Bytes(32));
        var domain = Eip3009.DomainSeparator("USDC", "2", new(new(84532), s_token));
        var permit = new Eip2612Permit(key.Address, Permit2.Contract, Number(seeded), Number(seeded), Number(seeded));
        var signature = key.Sign(Eip2612.Digest(permit, domain));
        Eip2612.TryRecover(permit, domain, signature, out var signer).ShouldBeTrue();
        signer.ShouldBe(key.Address);
        foreach (var changed in (Eip2612Permit[])
            [permit with { Owner = s_token }, permit with { Spender = s_token }, permit with { Value = 1UL }, permit with { Nonce = 1UL }, permit with { Deadline = 1UL }])
        {
            (Eip2612.TryRecover(changed, domain, signature, out var other) && other == key.Address).ShouldBeFalse();
        }
    });

    [Fact]
    public void A_permit_says_the_same_after_the_wire()
    {
        var offered = PaymentExtensions.Join([new(Eip2612Sponsoring.Name, Eip2612Sponsoring.Declare())]);
        Eip2612Sponsoring.IsOffered(offered).ShouldBeTrue();
        Eip2612Sponsoring.IsOffered(null).ShouldBeFalse();
        Eip2612Sponsoring.Read(offered, out var none).ShouldBeNull();
        none.ShouldBeNull();

        var echo = PaymentExtensions.Echo(offered, new Dictionary<string, JsonElement> { [Eip2612Sponsoring.Name] = Eip2612Sponsoring.Addition(s_good) });
        PaymentExtensions.FindEchoFault(offered, echo, _ => []).ShouldBeNull();
        var read = Eip2612Sponsoring.Read(echo, out var refusal).ShouldNotBeNull();
        refusal.ShouldBeNull();
        read.Permit.ShouldBe(s_good.Permit);
        read.Asset.ShouldBe(s_token);
        read.Signature.Length.ShouldBe(65);
    }

    [Theory]
    [InlineData("from", "\"0x12\"")]
    [InlineData("asset", "null")]
    [InlineData("spender", "7")]
    [InlineData("amount", "1000")]
    [InlineData("amount", "\"-1\"")]
    [InlineData("amount", "\"115792089237316195423570985008687907853269984665640564039457584007913129639936\"")]
    [InlineData("nonce", "\"0x1\"")]
    [InlineData("deadline", "\"1e3\"")]
    [InlineData("signature", "\"0x1234\"")]
    [InlineData("signature", "\"zz\"")]
    [InlineData("version", "\"one\"")]
    [InlineData("version", "\"1.\"")]
    public void A_permit_with_a_bad_member_is_refused_and_the_member_named(string member, string value)
    {
        var info = Eip2612Sponsoring.Addition(s_good).EnumerateObject().ToDictionary(m => m.Name, m => m.Value.GetRawText());
        info[member] = value;
        var extensions = """{"eip2612GasSponsoring":{"info":{""" + string.Join(',', info.Select(m => $"\"{m.Key}\":{m.Value}")) + "}}}";
        Eip2612Sponsoring.Read(JsonElement.Parse(extensions), out var refusal).ShouldBeNull();
        refusal.ShouldNotBeNull().Path.ShouldBe($"$.info.{member}");
    }

    [Fact]
    public void Each_fault_has_its_reason_in_the_peers_order()
    {
        Check(s_good, now: 1994).ShouldBeNull();
        Check(s_good with { Permit = s_good.Permit with { Owner = s_token, Value = 1UL } }).ShouldBe(PaymentReason.PermitOwner);
        Check(s_good with { Asset = s_payer }).ShouldBe(PaymentReason.PermitToken);
        Check(s_good with { Permit = s_good.Permit with { Spender = Permit2.ExactProxy } }).ShouldBe(PaymentReason.PermitSpender);
        Check(s_good, now: 1995).ShouldBe(PaymentReason.PermitExpired);
        Check(s_good with { Permit = s_good.Permit with { Value = 1001UL } }).ShouldBe(PaymentReason.ApprovalAmount);
        Check(s_good with { Permit = s_good.Permit with { Value = UInt256.MaxValue } }).ShouldBe(PaymentReason.ApprovalAmount);
    }

    private static PaymentReason? Check(Eip2612Sponsorship sponsorship, long now = 1000) => Eip2612Sponsoring.Check(sponsorship, s_payer, s_token, 1000UL, now);

    private static UInt256 Number(Seeded seeded) => UInt256.FromBigEndian(seeded.Bytes(32));
}
