using System.Text;
using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Protocol.Payments;
using Purser.Storage;
using Purser.Testing.Postgres;
using Purser.Wallet.Journal;

namespace Purser.Wallet.Tests.Kinds;

/// <summary>A store that the first form of the wallet wrote, opened by this one.</summary>
public sealed class MigrationTests : IClassFixture<PostgresFixture>
{
    private static readonly Hash32 s_separator = Eip3009.DomainSeparator("Test USD", "1", TestMandate.Token);
    private readonly PostgresFixture _postgres;

    public MigrationTests(PostgresFixture postgres) => _postgres = postgres;

    [Fact]
    public Task Payments_of_the_first_schema_are_read_verified_counted_and_known_as_twins() => OpenOldAsync(null);

    [Fact]
    public async Task Payments_of_the_first_schema_are_read_verified_counted_and_known_as_twins_on_PostgreSQL() => await OpenOldAsync((await _postgres.RequireAsync()).Url);

    private static async Task OpenOldAsync(string? storeUrl)
    {
        await using var mandate = await TestMandate.CreateAsync(TestMandate.Caps(9, 10), TimeProvider.System, storeUrl);
        await mandate.Store.MigrateAsync(new MigrationSet("wallet", [WalletSchema.Migrations.Migrations[0]]));
        var (signed, unknown) = (mandate.Intent("old-signed", 4), mandate.Intent("old-unknown", 3) with { Url = "http://127.0.0.1:4020/other" });
        await WriteOldAsync(mandate, signed, "signed");
        await WriteOldAsync(mandate, unknown, "unknown");

        var wallet = await mandate.OpenWalletAsync();

        (await wallet.Journal.VerifyAsync()).ShouldBeEmpty();
        (await wallet.GetPaymentAsync(signed.Id))!.ShouldSatisfyAllConditions(p => p.Intent.ShouldBe(signed), p => p.State.ShouldBe(PaymentState.Signed), p => p.Statement.ShouldBeOfType<SignedEip3009>());
        (await wallet.BeginPresentAsync(signed.Id)).ShouldBeOfType<AuthorizationResult.Authorized>();
        (await wallet.AuthorizeAsync(mandate.Intent("over-the-cap", 4))).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("policy_cap_per_day");
        (await wallet.AuthorizeAsync(mandate.Intent("twin-of-the-old", 3) with { Url = unknown.Url })).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("payment_open");
        (await wallet.AuthorizeAsync(mandate.Intent("within-the-cap", 3))).ShouldBeOfType<AuthorizationResult.Authorized>();
        (await wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    // Row, total and entries as the first form wrote them.
    private static async Task WriteOldAsync(TestMandate mandate, X402AuthorizationIntent intent, string state)
    {
        var chain = new JournalChain(mandate.JournalKey);
        var validBefore = mandate.Time.GetUtcNow().ToUnixTimeSeconds() + 300;
        var nonce = Keccak256.Hash(Encoding.ASCII.GetBytes(intent.Id));
        KeyStoreV3.TryDecrypt(await File.ReadAllBytesAsync(Path.Combine(mandate.Folder, "keys", "agent.json")), TestMandate.Password, out var key, out _).ShouldBeTrue();
        using var owned = key!;
        var signature = owned.Sign(Eip3009.Digest(new(intent.Account, intent.PayTo, intent.Amount, UInt256.Zero, (ulong)validBefore, nonce), s_separator));
        var wire = IntentJson.Write(intent);
        await mandate.Store.WriteAsync(transaction =>
        {
            var now = mandate.Time.GetUtcNow().ToUnixTimeMilliseconds();
            transaction.Execute("UPDATE wallet_clock SET high_water = @now", new { now });
            transaction.Execute(
                """
                INSERT INTO wallet_payments (intent_id, account, content_hash, intent, asset, pay_to, origin, amount, state, nonce, valid_before, domain_separator, signature, reason, held, reserved_at, updated_at)
                VALUES (@id, @account, @contentHash, @wire, @asset, @payTo, @origin, @amount, @state, @nonce, @validBefore, @separator, @signature, @reason, 1, @now, @now)
                """,
                new
                {
                    id = intent.Id, account = intent.Account.ToArray(), contentHash = PaymentBook.HashContent(intent), wire, asset = intent.Asset.ToString(), payTo = intent.PayTo.ToArray(), origin = intent.Origin,
                    amount = intent.Amount.ToBigEndian(), state, nonce = nonce.ToArray(), validBefore, separator = s_separator.ToArray(), signature = signature.ToArray(), reason = state == "unknown" ? "the line went dead" : null, now,
                });
            Append("approved", """{"by":"policy"}""");
            Append("reserved", $$"""{"intent":{{Encoding.UTF8.GetString(wire)}},"nonce":"{{nonce}}","validBefore":{{validBefore}},"domainSeparator":"{{s_separator}}"}""");
            Append("signed", $$"""{"signature":"{{signature}}"}""");
            if (state == "unknown")
            {
                Append("sent", "{}");
                Append("unknown", """{"reason":"the line went dead"}""");
            }

            void Append(string name, string body) => chain.Append(transaction, intent.Account, now, intent.Id, name, Encoding.UTF8.GetBytes(body));
        });
    }
}
