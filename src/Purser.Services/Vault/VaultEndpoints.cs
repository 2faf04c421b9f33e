using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Purser.Protocol.Intents;
using Purser.Protocol.Json;
using Purser.Wallet;
using Purser.Wallet.Keys;
using Purser.Wallet.Vault;

namespace Purser.Services.Vault;

/// <summary>The wallet of each user behind HTTP (DESIGN, "Wallet rules"). An agent may ask; nothing here approves or loosens without the approver's secret.</summary>
public static class VaultEndpoints
{
    // As long as a client reads.
    private const int MaxSummary = 500;

    /// <summary>The largest body that is read besides an intent's, in bytes.</summary>
    public const int MaxBodyBytes = 16 * 1024;

    /// <summary>Adds the vault. The host's services also need an <see cref="IVaultSessions"/>.</summary>
    public static IServiceCollection AddVault(this IServiceCollection services, VaultOptions options)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        services.AddSingleton(options);
        services.AddSingleton<VaultUsers>();
        services.AddSingleton<VaultDoor>();
        services.AddSingleton<VaultGuard>();
        return services;
    }

    /// <summary>Puts the checks that every request has to pass in front of all endpoints: Host, Origin, rate by address.</summary>
    public static IApplicationBuilder UseVaultDoor(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var door = app.ApplicationServices.GetRequiredService<VaultDoor>();
        return app.Use((context, next) => door.InvokeAsync(context, next));
    }

    /// <summary>Maps the wallet's endpoints under <c>/v1</c>, and <c>/health</c>.</summary>
    public static IEndpointConventionBuilder MapVault(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var guard = endpoints.ServiceProvider.GetRequiredService<VaultGuard>();
        endpoints.MapGet("/health", () => Results.Text("ok"));
        var group = endpoints.MapGroup("/v1");
        group.MapPost("/authorize", context => guard.ServeAsync(context, AuthorizeAsync));
        group.MapPost("/present/{id}", context => guard.ServeAsync(context, PresentAsync));
        group.MapPost("/outcome/{id}", context => guard.ServeAsync(context, OutcomeAsync));
        group.MapPost("/reconcile/{id}", context => guard.ServeAsync(context, ReconcileAsync));
        group.MapGet("/payments", context => guard.ServeAsync(context, ListAsync));
        group.MapGet("/payments/{id}", context => guard.ServeAsync(context, ShowAsync));
        group.MapGet("/open", context => guard.ServeAsync(context, OpenAsync));
        group.MapGet("/accounts", context => guard.ServeAsync(context, AccountsAsync));
        VaultApprovals.Map(group, guard);
        VaultPolicy.Map(group, guard);
        VaultTransactions.Map(group, guard);
        return group;
    }

    private static async Task AuthorizeAsync(HttpContext context, VaultLease lease)
    {
        if (await VaultHttp.ReadAsync(context, IntentJson.MaxBytes) is not { } body)
        {
            await VaultProblem.Malformed("intent_too_large", $"an intent has at most {IntentJson.MaxBytes} bytes").WriteAsync(context);
            return;
        }

        switch (IntentJson.Parse(body))
        {
            case IntentReading.Refused refused:
                await VaultProblem.Malformed(refused.Reason.Code, refused.Reason.Message).WriteAsync(context);
                break;
            case IntentReading.Read read:
                // Once begun it is driven on although the asker hangs up: the answer is kept for the repeat under the same id.
                await AnswerAsync(context, await WalletFor(context, lease).AuthorizeAsync(read.Intent, CancellationToken.None));
                break;
        }
    }

    // A client that died while it presented leaves a payment that is open to the next client, although the vault lived on. One that names itself not is one with the vault.
    private static LocalWallet WalletFor(HttpContext context, VaultLease lease) =>
        context.Request.Headers["Purser-Presenter"] is [var name] && LocalWallet.IsPresenter(name) ? lease.Wallet.ForPresenter(name!) : lease.Wallet;

    private static async Task PresentAsync(HttpContext context, VaultLease lease) =>
        await AnswerAsync(context, await WalletFor(context, lease).BeginPresentAsync(Id(context), CancellationToken.None));

    private static async Task OutcomeAsync(HttpContext context, VaultLease lease)
    {
        var shape = await VaultHttp.ReadJsonAsync(context, MaxBodyBytes);
        if (WalletJson.ReadOutcome(shape) is not { } outcome)
        {
            await VaultProblem.Malformed("body_malformed", shape.Refusal!.ToString()).WriteAsync(context);
            return;
        }

        try
        {
            await WalletFor(context, lease).RecordOutcomeAsync(Id(context), outcome, CancellationToken.None);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        catch (PaymentNotPresentedException never)
        {
            await VaultProblem.Of(never.Reason).WriteAsync(context);
        }
    }

    private static async Task ReconcileAsync(HttpContext context, VaultLease lease)
    {
        var payment = Told(context, lease, [await lease.Wallet.ReconcileAsync(Id(context), context.RequestAborted)])[0];
        await VaultHttp.WriteAsync(context, StatusCodes.Status200OK, writer => WalletJson.Write(writer, payment));
    }

    private static async Task ShowAsync(HttpContext context, VaultLease lease)
    {
        if (await lease.Wallet.GetPaymentAsync(Id(context), context.RequestAborted) is { } payment)
        {
            var told = Told(context, lease, [payment])[0];
            await VaultHttp.WriteAsync(context, StatusCodes.Status200OK, writer => WalletJson.Write(writer, told));
            return;
        }

        await VaultProblem.NoPayment.WriteAsync(context);
    }

    // What a payment is, is told by the registry and the policy that judged it; the agent's own folder may know neither.
    private static List<Payment> Told(HttpContext context, VaultLease lease, IReadOnlyList<Payment> payments)
    {
        var (registry, functions) = (context.RequestServices.GetRequiredService<VaultOptions>().Registry, lease.Folder.Policy.ReadFunctions());
        return [.. payments.Select(payment => payment with { Summary = UntrustedText.Clean(IntentSummary.Of(payment.Intent, registry, functions), MaxSummary) })];
    }

    private static async Task ListAsync(HttpContext context, VaultLease lease)
    {
        if (await LimitAsync(context) is not { } limit)
        {
            return;
        }

        var payments = Told(context, lease, await lease.Wallet.ListPaymentsAsync(limit, context.RequestAborted));
        await VaultHttp.WriteAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("payments");
            foreach (var payment in payments)
            {
                WalletJson.Write(writer, payment);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    private static async Task OpenAsync(HttpContext context, VaultLease lease)
    {
        if (await LimitAsync(context) is not { } limit)
        {
            return;
        }

        var ids = await lease.Wallet.ListOpenAsync(limit, context.RequestAborted);
        await VaultHttp.WriteAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("open");
            foreach (var id in ids)
            {
                writer.WriteStringValue(id);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    private static async Task AccountsAsync(HttpContext context, VaultLease lease)
    {
        switch (lease.Folder.KeyStores.List())
        {
            case KeyResult<IReadOnlyList<AccountInfo>>.Refused refused:
                await VaultProblem.Of(refused.Reason).WriteAsync(context);
                break;
            case KeyResult<IReadOnlyList<AccountInfo>>.Found { Value: var accounts }:
                await VaultHttp.WriteAsync(context, StatusCodes.Status200OK, writer => WriteAccounts(writer, accounts));
                break;
        }
    }

    private static void WriteAccounts(Utf8JsonWriter writer, IReadOnlyList<AccountInfo> accounts)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("accounts");
        foreach (var account in accounts)
        {
            writer.WriteStartObject();
            writer.WriteString("name", account.Name);
            writer.WriteString("address", account.Address.ToString());
            writer.WriteBoolean("current", account.IsCurrent);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static Task AnswerAsync(HttpContext context, AuthorizationResult result) => result switch
    {
        AuthorizationResult.Refused refused => VaultProblem.Of(refused.Reason).WriteAsync(context),
        _ => VaultHttp.WriteAsync(context, result is AuthorizationResult.Authorized ? StatusCodes.Status200OK : StatusCodes.Status202Accepted, writer => WalletJson.Write(writer, result)),
    };

    private static string Id(HttpContext context) => (string)context.GetRouteValue("id")!;

    private static async Task<int?> LimitAsync(HttpContext context)
    {
        var text = context.Request.Query["limit"];
        if (text.Count == 0)
        {
            return 100;
        }

        if (text is [{ Length: <= 4 } digits] && digits.All(char.IsAsciiDigit) && int.TryParse(digits, out var limit) && limit is >= 1 and <= 1000)
        {
            return limit;
        }

        await VaultProblem.Malformed("limit_invalid", "'limit' must be 1 to 1000").WriteAsync(context);
        return null;
    }
}
