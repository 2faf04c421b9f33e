using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Purser.Protocol.Payments;
using Purser.Sandbox.Chain;
using Purser.Services.Gate;
using Purser.Services.Payments;
using Purser.Storage;

namespace Purser.Services.Tests.Payments;

/// <summary>
/// A replay that comes while its claim is dropped as long dead: found known, so not verified, and a moment later free to be taken. A facilitator that remembers its
/// settlements would call it settled, and the replay would be served for nothing.
/// </summary>
public sealed class PurgedClaimTests
{
    [Fact]
    public async Task A_replay_whose_claim_is_purged_between_look_and_claim_is_refused()
    {
        var folder = Directory.CreateTempSubdirectory("purser-purged-").FullName;
        var clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
        var facilitator = new StandInFacilitator(clock);
        var payer = new Payer(clock, 7);
        facilitator.Mint(payer.Address, 1_000_000);
        await using (var shop = await Shop.OpenAsync(facilitator, clock, StoreUrl.ForFile(Path.Combine(folder, "shop.db"))))
        {
            await shop.Services.GetRequiredService<PaymentRecovery>().StopAsync(CancellationToken.None); // the purge is this test's to time
            var terms = await shop.TermsAsync("/report");
            var payment = payer.Pay(terms);
            using var client = shop.Client();
            (await client.SendAsync(Shop.Get("/report", payment))).EnsureSuccessStatusCode();

            var claims = new PurgingClaims(shop.Services.GetRequiredService<StoreClaims>(), () => clock.Advance(TimeSpan.FromDays(2)));
            var gate = new PaymentGate(shop.Services.GetRequiredService<PaymentsOptions>(), facilitator, claims, clock, shop.Services.GetRequiredService<PaymentTelemetry>());
            var context = new DefaultHttpContext { RequestServices = shop.Services };
            context.Request.Method = "GET";
            context.Request.Scheme = "http";
            context.Request.Host = new("shop.test");
            context.Request.Path = "/report";
            context.Request.Headers[PaymentHeader.Signature] = payment;
            var served = 0;
            await gate.InvokeAsync(context, new([terms]), _ =>
            {
                served++;
                return Task.CompletedTask;
            });

            claims.Gone.ShouldBeTrue();
            served.ShouldBe(0);
            context.Response.StatusCode.ShouldBe(StatusCodes.Status402PaymentRequired);
        }
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Claims in which the purge of another round falls right after a look that found something.</summary>
    private sealed class PurgingClaims(StoreClaims inner, Action untilDead) : IClaims
    {
        public bool Gone { get; private set; }

        public async Task<ClaimRecord?> FindAsync(ClaimKey key, CancellationToken cancellationToken = default)
        {
            var found = await inner.FindAsync(key, cancellationToken);
            if (found is not null)
            {
                untilDead();
                await inner.PurgeAsync(key.Scope, cancellationToken);
                Gone = await inner.FindAsync(key, cancellationToken) is null;
            }

            return found;
        }

        public Task<ClaimAttempt> TakeAsync(ClaimRequest request, CancellationToken cancellationToken = default) => inner.TakeAsync(request, cancellationToken);

        public Task HandleAsync(ClaimHold hold, StoredReply? reply, CancellationToken cancellationToken = default) => inner.HandleAsync(hold, reply, cancellationToken);

        public Task HandleAsync(ClaimHold hold, StoredReply? reply, ReadOnlyMemory<byte> matter, CancellationToken cancellationToken) => inner.HandleAsync(hold, reply, matter, cancellationToken);

        public Task MoveAsync(ClaimHold hold, ClaimState state, ReadOnlyMemory<byte> outcome, CancellationToken cancellationToken = default) => inner.MoveAsync(hold, state, outcome, cancellationToken);

        public Task NoteAsync(ClaimHold hold, ReadOnlyMemory<byte> outcome, CancellationToken cancellationToken = default) => inner.NoteAsync(hold, outcome, cancellationToken);

        public Task<IReadOnlyList<ClaimRecord>> ListAbandonedAsync(string scope, int limit, CancellationToken cancellationToken = default) => inner.ListAbandonedAsync(scope, limit, cancellationToken);

        public Task<int> PurgeAsync(string scope, CancellationToken cancellationToken = default) => inner.PurgeAsync(scope, cancellationToken);
    }
}
