using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Purser.Wallet;
using Purser.Wallet.Vault;

namespace Purser.Services.Vault;

/// <summary>The open transactions of a user over HTTP, and cancelling one: which spends gas within the policy's cap and moves nothing else.</summary>
internal static class VaultTransactions
{
    public static void Map(IEndpointRouteBuilder group, VaultGuard guard)
    {
        group.MapGet("/transactions", context => guard.ServeAsync(context, ListAsync));
        group.MapPost("/transactions/{id}/cancel", context => guard.ServeAsync(context, CancelAsync));
    }

    private static async Task ListAsync(HttpContext context, VaultLease lease)
    {
        var open = await lease.Wallet.ListTransactionsAsync(cancellationToken: context.RequestAborted);
        await VaultHttp.WriteAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("transactions");
            foreach (var transaction in open)
            {
                TransactionJson.Write(writer, transaction);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    private static async Task CancelAsync(HttpContext context, VaultLease lease)
    {
        // Once begun it is driven on although the asker hangs up; a repeat follows it.
        switch (await lease.Wallet.CancelTransactionAsync((string)context.GetRouteValue("id")!, CancellationToken.None))
        {
            case CancelResult.Refused refused:
                await VaultProblem.Of(refused.Reason).WriteAsync(context);
                break;
            case CancelResult.Followed { Payment: var payment }:
                await VaultHttp.WriteAsync(context, StatusCodes.Status200OK, writer => WalletJson.Write(writer, payment));
                break;
        }
    }
}
