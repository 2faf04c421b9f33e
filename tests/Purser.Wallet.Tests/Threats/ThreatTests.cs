using System.Text;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Sandbox.Chain;
using Purser.Wallet.Approvals;
using Purser.Wallet.Keys;
using Purser.Wallet.Vault;

namespace Purser.Wallet.Tests.Threats;

/// <summary>Attacks by the names that the table of threats gives them, where no other class has the test.</summary>
public sealed class ThreatTests : IAsyncLifetime
{
    private readonly SandboxClock _clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private TestMandate _mandate = null!;

    public async ValueTask InitializeAsync() => _mandate = await TestMandate.CreateAsync(TestMandate.Caps(100, 150) with { HoldFirstPayment = true }, _clock);

    public async ValueTask DisposeAsync()
    {
        await _mandate.DisposeAsync();
        _clock.Dispose();
    }

    [Fact]
    public async Task Prompt_injection_makes_the_agent_pay()
    {
        // The agent was talked into paying a stranger, in every way that it has.
        var wallet = await _mandate.OpenWalletAsync();
        var stranger = _mandate.Intent("injected-payment", 100) with { PayTo = Address.Parse("0x90f79bf6eb2c4f870365e785982e1f101e93b906") };
        var held = (await wallet.AuthorizeAsync(stranger)).ShouldBeOfType<AuthorizationResult.ApprovalNeeded>();
        (await wallet.AuthorizeAsync(stranger with { Id = "injected-payment-2", Amount = 1 })).ShouldBeOfType<AuthorizationResult.ApprovalNeeded>();
        (await wallet.AuthorizeAsync(stranger with { Id = "injected-payment-3", Amount = 101 })).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("policy_cap_per_payment");

        // It cannot approve: no secret is set, and guesses lock it.
        var secret = await ApproverSecret.OpenAsync(_mandate.Store, _mandate.JournalKey, _clock, new SeededRandom(5), new ScryptCost(16, 1, 1));
        (await secret.VerifyAsync("please".AsMemory())).ShouldBeOfType<ApproverResult.Refused>().Reason.Code.ShouldBe("approver_secret_unset");
        await secret.SetAsync("the human's own".AsMemory());
        for (var i = 0; i < ApproverSecret.FreeTries; i++)
        {
            (await secret.VerifyAsync($"guess number {i}".AsMemory())).ShouldBeOfType<ApproverResult.Refused>();
        }

        (await secret.VerifyAsync("the human's own".AsMemory())).ShouldBeOfType<ApproverResult.Refused>().Reason.Code.ShouldBe("approver_locked");

        // And what a human does approve stays within the budget.
        _clock.Advance(TimeSpan.FromMinutes(2));
        var queue = await ApprovalQueue.OpenAsync(_mandate.Store, _mandate.JournalKey, _clock);
        var pass = (await secret.VerifyAsync("the human's own".AsMemory())).ShouldBeOfType<ApproverResult.Passed>().Pass;
        (await queue.ApproveAsync(held.ApprovalId, remember: false, pass)).ShouldBeOfType<ApprovalDecision.Decided>();
        (await wallet.AuthorizeAsync(stranger)).ShouldBeOfType<AuthorizationResult.Authorized>();
        (await wallet.AuthorizeAsync(stranger with { Id = "injected-payment-4" })).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("policy_cap_per_day");
    }

    [Fact]
    public async Task Payee_amount_or_asset_swapped_between_quote_and_payment()
    {
        await _mandate.EditPolicyAsync(TestMandate.Caps(100, 1000));
        var wallet = await _mandate.OpenWalletAsync();
        var quoted = _mandate.Intent("quoted-payment", 5);
        (await wallet.AuthorizeAsync(quoted)).ShouldBeOfType<AuthorizationResult.Authorized>();
        foreach (var swapped in (PaymentIntent[])[quoted with { PayTo = _mandate.Account }, quoted with { Amount = 50 }, quoted with { Asset = new(TestMandate.Chain, Address.Parse("0x00000000000000000000000000000000000000aa")) }, quoted with { Url = quoted.Url + "2" }])
        {
            (await wallet.AuthorizeAsync(swapped)).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("intent_conflict");
        }

        (await wallet.ListPaymentsAsync()).ShouldHaveSingleItem().Intent.ShouldBe(quoted);
    }

    [Fact]
    public void Key_exfiltration_no_type_that_holds_a_secret_shows_it_by_its_text_or_as_json()
    {
        var bytes = Convert.FromHexString("a1b2c3d4e5f60718293a4b5c6d7e8f90112233445566778899aabbccddeeff01");
        using var key = PrivateKey.FromBytes(bytes);
        using var signer = new LocalSigner(PrivateKey.FromBytes(bytes));
        using var hd = HdKey.FromSeed(bytes);
        var folder = Directory.CreateTempSubdirectory("purser-threat-").FullName;
        try
        {
            PrivateFile.TryWrite(Path.Combine(folder, JournalKey.FileName), bytes, replace: false, new SeededRandom(1));
            using var journal = JournalKey.LoadOrCreate(folder, new SeededRandom(1)).ShouldBeOfType<KeyResult<JournalKey>.Found>().Value;
            using var ring = new KeyRing(signer);
            object[] holders = [key, signer, hd, journal, ring, SecretToken.FromBytes(SecretKind.ApiKey, bytes), new KeyResult<ISigner>.Found(signer)];
            string[] forms = [Convert.ToHexString(bytes), Convert.ToBase64String(bytes).TrimEnd('='), System.Buffers.Text.Base64Url.EncodeToString(bytes), UInt256.FromBigEndian(bytes).ToString(), string.Join(',', bytes)];
            foreach (var holder in holders)
            {
                var texts = new StringBuilder(holder.ToString()).Append($"{holder}");
                try
                {
                    texts.Append(JsonSerializer.Serialize(holder, holder.GetType()));
                }
                catch (Exception e) when (e is NotSupportedException or InvalidOperationException)
                {
                    texts.Append(e);
                }

                foreach (var form in forms)
                {
                    texts.ToString().ShouldNotContain(form, Case.Insensitive, holder.GetType().Name);
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Scrypt_key_stores_that_take_seconds_are_refused_before_any_work()
    {
        using var key = PrivateKey.Generate(new SeededRandom(3));
        var file = Encoding.UTF8.GetString(KeyStoreV3.Encrypt(key, "password", new SeededRandom(4), ScryptCost.Light));
        var costly = file.Replace("\"n\":4096", "\"n\":1073741824", StringComparison.Ordinal);
        costly.ShouldNotBe(file);
        KeyStoreV3.TryDecrypt(Encoding.UTF8.GetBytes(costly), "password", out _, out var refusal).ShouldBeFalse();
        refusal.ShouldBeOfType<KeyStoreRefusal.CostRefused>();
    }
}
