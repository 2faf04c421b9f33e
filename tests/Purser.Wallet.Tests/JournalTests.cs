using Purser.Ethereum;

namespace Purser.Wallet.Tests;

/// <summary>What somebody who can write to the database, but has not the journal's key, cannot do unseen.</summary>
public sealed class JournalTests : IAsyncLifetime
{
    private TestMandate _mandate = null!;
    private LocalWallet _wallet = null!;

    public async ValueTask InitializeAsync()
    {
        _mandate = await TestMandate.CreateAsync(TestMandate.Caps(9, 100), TimeProvider.System);
        _wallet = await _mandate.OpenWalletAsync();
        foreach (var id in (string[])["one", "two", "three"])
        {
            (await _wallet.AuthorizeAsync(_mandate.Intent(id, 5))).ShouldBeOfType<AuthorizationResult.Authorized>();
        }

        await _wallet.BeginPresentAsync(_mandate.Intent("two").Id);
        (await _wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    public ValueTask DisposeAsync() => _mandate.DisposeAsync();

    [Theory]
    [InlineData("UPDATE wallet_journal SET body = @other WHERE seq = 3", "entry_altered")]
    [InlineData("UPDATE wallet_journal SET at = at + 1 WHERE seq = 1", "entry_altered")]
    [InlineData("UPDATE wallet_journal SET event = 'failed' WHERE seq = 10", "entry_altered")]
    [InlineData("UPDATE wallet_journal SET intent_id = 'another-payment-x' WHERE seq = 2", "entry_altered")]
    [InlineData("DELETE FROM wallet_journal WHERE seq = 4", "entry_missing")]
    [InlineData("DELETE FROM wallet_journal WHERE seq >= 9", "tail_cut")]
    [InlineData("DELETE FROM wallet_journal", "tail_cut")]
    [InlineData("DELETE FROM wallet_heads", "head_missing")]
    [InlineData("UPDATE wallet_heads SET seq = seq - 1", "head_forged")]
    [InlineData("UPDATE wallet_payments SET state = 'expired' WHERE intent_id LIKE 'one%'", "payment_differs")]
    [InlineData("UPDATE wallet_spendings SET held = 0 WHERE intent_id LIKE 'one%'", "payment_differs")]
    [InlineData("UPDATE wallet_payments SET reserved_at = reserved_at - 86400000 WHERE intent_id LIKE 'one%'", "payment_differs")]
    [InlineData("UPDATE wallet_payments SET intent = @other WHERE intent_id LIKE 'one%'", "payment_differs")]
    [InlineData("UPDATE wallet_spendings SET payee = @address WHERE intent_id LIKE 'one%'", "payment_differs")]
    [InlineData("DELETE FROM wallet_payments WHERE intent_id LIKE 'one%'", "payment_differs")]
    [InlineData("UPDATE wallet_totals SET total = @zero", "total_differs")]
    [InlineData("UPDATE wallet_totals SET total = @zero, tail = (SELECT MAX(reserved_at) FROM wallet_spendings)", "total_differs")]
    [InlineData("UPDATE wallet_spendings SET amount = @most", "payment_differs")]
    [InlineData("INSERT INTO wallet_journal SELECT account, 0, at, intent_id, event, body, mac FROM wallet_journal WHERE seq = 3", "entry_altered")]
    [InlineData("INSERT INTO wallet_journal SELECT account, -9, at, intent_id, event, body, mac FROM wallet_journal WHERE seq = 3", "entry_altered")]
    public async Task An_edit_of_the_database_is_found(string edit, string code)
    {
        await _mandate.Store.WriteAsync(t => t.Execute(edit, new { other = "{}"u8.ToArray(), address = new byte[20], zero = new byte[32], most = Enumerable.Repeat((byte)0xff, 32).ToArray() }).ShouldBeGreaterThan(0));
        (await _wallet.Journal.VerifyAsync()).Select(finding => finding.Code).ShouldContain(code);
    }

    [Fact]
    public async Task A_mac_of_another_length_under_an_anchor_is_a_finding_and_no_fault()
    {
        var heads = await _wallet.Journal.GetHeadsAsync();
        await _mandate.Store.WriteAsync(t => t.Execute("UPDATE wallet_journal SET mac = @short WHERE seq = 10", new { @short = new byte[5] }));
        (await _wallet.Journal.VerifyAsync(heads)).Select(finding => finding.Code).ShouldContain("entry_altered");
    }

    [Fact]
    public async Task A_journal_cut_together_with_its_head_is_found_by_the_payments()
    {
        var heads = await _wallet.Journal.GetHeadsAsync();
        heads.Single(head => head.Account == _mandate.Account).Sequence.ShouldBe(10);
        await _mandate.Store.WriteAsync(t =>
        {
            t.Execute("DELETE FROM wallet_journal WHERE seq = 10");
            t.Execute("UPDATE wallet_heads SET seq = 9, mac = (SELECT mac FROM wallet_journal WHERE seq = 9) WHERE seq = 10");
        });
        (await _wallet.Journal.VerifyAsync()).Select(finding => finding.Code).ShouldBe(["head_forged", "payment_differs"]);
        (await _wallet.Journal.VerifyAsync(heads)).Select(finding => finding.Code).ShouldContain("tail_cut");
    }

    [Fact]
    public async Task A_database_put_back_to_yesterdays_is_found_by_a_head_that_was_written_down_elsewhere_and_by_nothing_else()
    {
        var copy = Path.Combine(_mandate.Folder, "copy.db");
        await _mandate.Store.DisposeAsync();
        File.Copy(Path.Combine(_mandate.Folder, "wallet.db"), copy);
        await using (var today = await TestMandate.OpenAsync(_mandate.Folder, _mandate.StoreUrl, TimeProvider.System, seed: 5))
        {
            var wallet = await today.OpenWalletAsync();
            (await wallet.AuthorizeAsync(_mandate.Intent("today", 5) with { Url = "http://127.0.0.1:4020/today" })).ShouldBeOfType<AuthorizationResult.Authorized>();
            var heads = await wallet.Journal.GetHeadsAsync();
            await using var yesterday = await TestMandate.OpenAsync(_mandate.Folder, $"sqlite:{copy}", TimeProvider.System, seed: 6);
            var old = await yesterday.OpenWalletAsync();
            (await old.Journal.VerifyAsync()).ShouldBeEmpty();
            (await old.Journal.VerifyAsync(heads)).ShouldHaveSingleItem().Code.ShouldBe("tail_cut");
        }
    }

    [Fact]
    public async Task An_entry_forged_with_another_key_is_found()
    {
        File.Delete(Path.Combine(_mandate.Folder, Keys.JournalKey.FileName));
        await using var other = await TestMandate.OpenAsync(_mandate.Folder, _mandate.StoreUrl, TimeProvider.System, seed: 8);
        var forger = await other.OpenWalletAsync();
        var intent = _mandate.Intent("forged", 5);
        (await forger.AuthorizeAsync(intent)).ShouldBeOfType<AuthorizationResult.Refused>();
        await other.Store.WriteAsync(t => new Journal.JournalChain(other.JournalKey).Append(t, intent.Account, 1, intent.Id, "signed", "{}"u8.ToArray()));
        (await _wallet.Journal.VerifyAsync()).Select(finding => finding.Code).ShouldContain("entry_altered");
    }

    [Fact]
    public async Task Entries_are_read_in_order_and_hold_no_secret()
    {
        var entries = await _wallet.Journal.ReadAsync(_mandate.Account, after: 3, limit: 3);
        entries.Select(entry => entry.Sequence).ShouldBe([4L, 5L, 6L]);
        (await _wallet.Journal.ReadAsync(Address.Parse("0x00000000000000000000000000000000000000aa"))).ShouldBeEmpty();
        KeyStoreV3.TryDecrypt(File.ReadAllBytes(Path.Combine(_mandate.Folder, "keys", "agent.json")), TestMandate.Password, out var key, out _).ShouldBeTrue();
        var secret = new byte[32];
        key!.ExportBytes(secret);
        foreach (var file in Directory.EnumerateFiles(_mandate.Folder, "*", SearchOption.AllDirectories))
        {
            var bytes = await File.ReadAllBytesAsync(file);
            bytes.AsSpan().IndexOf(secret).ShouldBe(-1, file);
            System.Text.Encoding.Latin1.GetString(bytes).Contains(Convert.ToHexStringLower(secret), StringComparison.OrdinalIgnoreCase).ShouldBeFalse(file);
        }
    }
}
