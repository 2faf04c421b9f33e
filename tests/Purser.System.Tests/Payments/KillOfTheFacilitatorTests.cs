using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Payments;
using Purser.SystemTests.Processes;
using Purser.Testing;

namespace Purser.SystemTests.Payments;

/// <summary><c>kill -9</c> of the facilitator around its broadcast: the same settlement, asked again, is the same transaction.</summary>
public sealed class KillOfTheFacilitatorTests(PaymentWorld world)
{
    private const int Account = 8;

    [Fact]
    public async Task Killed_around_the_broadcast_it_settles_once_and_gives_the_known_hash()
    {
        var seeded = new Seeded(0xfac1);
        var payee = PaymentWorld.NewPayee(seeded);
        var offer = PaymentWorld.Offer(payee);
        var data = world.NewDataFolder("killed-facilitator");
        foreach (var (mode, number) in new[] { (RelayMode.HoldAfter, 1), (RelayMode.HoldBefore, 2) })
        {
            var payment = PreparedPayment.Sign("/", offer, 2, seeded);
            await using var relay = await Relay.StartAsync(world.RpcUrl, (_, body) => body.Contains("eth_sendRawTransaction", StringComparison.Ordinal));
            relay.Mode = _ => mode;
            await using var first = await PaymentWorld.StartFacilitatorAsync(data, relay.Url, Account);
            var asked = TrySettleAsync(PaymentWorld.UrlOf(first), payment, offer);
            await Eventually.HoldsAsync("the broadcast is held", () => relay.Held == 1);
            await first.KillAsync();
            (await asked).ShouldBeNull();
            var known = HashOf(relay.Seen.ShouldHaveSingleItem());

            await using var second = await PaymentWorld.StartFacilitatorAsync(data, world.RpcUrl, Account);
            var url = PaymentWorld.UrlOf(second);
            var settled = await Eventually.GetAsync("it is settled", async () => await TrySettleAsync(url, payment, offer) is { Success: true } answer ? answer : null, TimeSpan.FromMilliseconds(300));
            Hash32.Parse(settled.Transaction).ShouldBe(known, mode.ToString());
            (await TrySettleAsync(url, payment, offer)).ShouldNotBeNull().Transaction.ShouldBe(settled.Transaction);
            (await world.PaymentsToAsync(payee)).ShouldBe((ulong)number);
            (await second.StopAsync()).ShouldBe(0);
        }
    }

    private static async Task<SettleResponse?> TrySettleAsync(Uri facilitator, PreparedPayment payment, PaymentRequirements offer)
    {
        try
        {
            using var response = await PaymentWorld.Http.PostAsync(new Uri(facilitator, "/settle"), payment.ToSettlement(offer));
            var shape = Protocol.Json.JsonShape.Parse(await response.Content.ReadAsByteArrayAsync());
            return response.IsSuccessStatusCode ? SettleResponse.Read(shape) : null;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    // A transaction's hash is that of its bytes: known before any node answers.
    private static Hash32 HashOf(string rpcBody)
    {
        var body = JsonDocument.Parse(rpcBody).RootElement;
        var call = body.ValueKind == JsonValueKind.Array ? body.EnumerateArray().Single(c => c.GetProperty("method").GetString() == "eth_sendRawTransaction") : body;
        return Keccak256.Hash(Convert.FromHexString(call.GetProperty("params")[0].GetString()!.AsSpan(2)));
    }
}
