using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Testing;
using Purser.Testing.Postgres;

namespace Purser.Wallet.Tests;

/// <summary>A wallet killed at any arrow loses nothing that it acknowledged and pays nothing twice (DESIGN, wallet rule 1).</summary>
public sealed class CrashTests : IClassFixture<PostgresFixture>
{
    // Per kill, in minimal units: about what is acknowledged until one, so that the cap is near at the end and does not silence the run long before it.
    private const ulong CapPerKill = 20;
    private readonly PostgresFixture _postgres;

    public CrashTests(PostgresFixture postgres) => _postgres = postgres;

    [Fact]
    public async Task A_wallet_killed_at_any_arrow_agrees_with_what_it_said()
    {
        var kills = Tier.Pick(20, 1000);
        await using var mandate = await TestMandate.CreateAsync(TestMandate.Caps(9, (ulong)kills * CapPerKill), TimeProvider.System);
        await KillAsync(mandate, kills);
    }

    [Fact]
    public async Task A_wallet_killed_at_any_arrow_agrees_with_what_it_said_on_PostgreSQL()
    {
        var database = await _postgres.RequireAsync();
        var kills = Tier.Pick(5, 200);
        await using var mandate = await TestMandate.CreateAsync(TestMandate.Caps(9, (ulong)kills * CapPerKill), TimeProvider.System, database.Url);
        await KillAsync(mandate, kills);
    }

    [Fact]
    public async Task A_wallet_killed_between_reserving_and_signing_signs_the_same_message_afterwards()
    {
        await using var mandate = await TestMandate.CreateAsync(TestMandate.Caps(9, 9), TimeProvider.System);
        var wallet = await mandate.OpenWalletAsync();
        using var stuck = new SlowSigner(mandate);

        // As a killed process leaves it: reserved, its message fixed, no signature.
        var lost = wallet.AuthorizeAsync(mandate.Intent("interrupted", 9));
        await stuck.Asked;
        await using var restarted = await TestMandate.OpenAsync(mandate.Folder, mandate.StoreUrl, TimeProvider.System, seed: 9);
        var again = await restarted.OpenWalletAsync();

        var signed = (await again.AuthorizeAsync(mandate.Intent("interrupted", 9))).ShouldBeOfType<AuthorizationResult.Authorized>();
        stuck.Answer();
        (await lost).ShouldBe(signed);
        (await again.Journal.ReadAsync(mandate.Account)).Select(entry => entry.Event).ShouldBe(["approved", "reserved", "signed"]);
        (await again.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    private static Task KillAsync(TestMandate mandate, int kills) => Seeded.RunAsync(1, async seeded =>
    {
        var said = new Dictionary<string, (string State, string Signature)>();
        for (var kill = 0; kill < kills; kill++)
        {
            await RunUntilKilledAsync(mandate, seeded, kill, said);
        }

        said.Count.ShouldBeGreaterThan(kills);
        await using var restarted = await TestMandate.OpenAsync(mandate.Folder, mandate.StoreUrl, TimeProvider.System, seed: 99);
        var wallet = await restarted.OpenWalletAsync();
        (await wallet.Journal.VerifyAsync()).ShouldBeEmpty();
        var recount = await Recount.OfAsync(restarted.Store, restarted.Folder);
        recount.Disagreements.ShouldBeEmpty();
        var asset = ((PaymentIntent)(await wallet.ListPaymentsAsync(1))[0].Intent).Asset;
        recount.Held(asset.ToString()).ShouldSatisfyAllConditions(held => held.ShouldBeGreaterThan(UInt256.Zero), held => held.ShouldBeLessThanOrEqualTo((UInt256)((ulong)kills * CapPerKill)));
        foreach (var (id, (state, signature)) in said)
        {
            var payment = (await wallet.GetPaymentAsync(id)).ShouldNotBeNull(id);
            Rank(payment.State.ToString()).ShouldBeGreaterThanOrEqualTo(Rank(state), $"{id} is {payment.State} and was said to be {state}");
            (await wallet.AuthorizeAsync(payment.Intent)).ShouldBeOfType<AuthorizationResult.Authorized>().Signature().ToString().ShouldBe(signature);
        }
    });

    private static async Task RunUntilKilledAsync(TestMandate mandate, Seeded seeded, int kill, Dictionary<string, (string State, string Signature)> said)
    {
        await using var child = ChildProcess.Start("churn", mandate.Folder, mandate.StoreUrl, $"kill-{kill}", $"{seeded.Next(1_000_000)}");
        for (var until = seeded.Between(1, 25); until > 0; until--)
        {
            Take(said, await child.ReadLineAsync() ?? throw new InvalidOperationException(await child.ReadToEndAsync()));
        }

        child.Kill();

        // What it said before it died, and we had not read yet, counts as well; a torn last line does not.
        foreach (var line in (await child.ReadToEndAsync()).Split('\n')[..^1])
        {
            Take(said, line);
        }
    }

    private static void Take(Dictionary<string, (string State, string Signature)> said, string line)
    {
        if (line.Split(' ') is [var state, var id, var signature] && state != "refused")
        {
            said[id] = (state, signature);
        }
    }

    private static int Rank(string state) => state.ToUpperInvariant() switch
    {
        "SIGNED" => 1,
        "SENT" => 2,
        "UNKNOWN" => 3,
        "SETTLED" => 3,
        _ => 0,
    };
}
