using Microsoft.AspNetCore.Http;
using Purser.Ethereum.Rpc;
using Purser.Services.Gate;
using Purser.Storage;
using Purser.Wallet;

namespace Purser.Services.Vault;

/// <summary>Lets a request through to the wallet of the one whose session it shows, and maps what the wallet throws. The one place of the vault that does either.</summary>
internal sealed class VaultGuard(VaultOptions options, IVaultSessions sessions, VaultUsers users)
{
    private const int MaxTokenLength = 4096;
    private const string Scheme = "Bearer ";

    private readonly CallerLimit _perUser = new(options.PerUser, options.Time);

    /// <summary>Serves a request with the user's own wallet.</summary>
    public async Task ServeAsync(HttpContext context, Func<HttpContext, VaultLease, Task> serve)
    {
        try
        {
            if (await IdentifyAsync(context) is not { } user)
            {
                return;
            }

            switch (await users.RentAsync(user))
            {
                case VaultRental.Refused refused:
                    await refused.Reason.WriteAsync(context);
                    break;
                case VaultRental.Open { Lease: var lease }:
                    using (lease)
                    {
                        await serve(context, lease);
                    }

                    break;
            }
        }
        catch (Exception exception) when (Refusal(exception) is { } refusal && !context.Response.HasStarted)
        {
            await refusal.WriteAsync(context);
        }
    }

    /// <summary>The user whose token the request shows; null after a refusal was written.</summary>
    public async Task<VaultUser?> IdentifyAsync(HttpContext context)
    {
        if (Token(context) is not { } token)
        {
            await ChallengeAsync(context, VaultProblem.LoginNeeded);
            return null;
        }

        switch (await sessions.CheckAsync(token, context.RequestAborted))
        {
            case SessionCheck.Refused refused:
                await ChallengeAsync(context, refused.Reason);
                return null;
            case SessionCheck.Valid { User: var user }:
                if (_perUser.TryTake(user.Id) is not { } wait)
                {
                    return user;
                }

                await new GateRefusal(StatusCodes.Status429TooManyRequests, "rate_limited", "Too many requests", "wait, then send the same request again") { RetryAfter = wait }.WriteAsync(context);
                return null;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    // No refusal is a 500: what the wallet throws for its caller, and faults that pass.
    private static GateRefusal? Refusal(Exception exception) => exception switch
    {
        KeyNotFoundException => VaultProblem.NoPayment,
        ChainException chain => VaultProblem.Of(new(chain.IsTransient ? "chain_unreachable" : "chain_refused", $"the node failed: {Protocol.Json.UntrustedText.Clean(chain.Message)}", "try again, or have the vault's operator check the RPC URL", WalletRefusalKind.Network)),
        StorageException { IsTransient: true } storage => VaultProblem.OfStore(storage),
        // The vault's disk or files are in a state that no repeat mends: told, with what its operator can do. What is left are bugs.
        StorageException { Code: StorageCodes.Damaged or StorageCodes.ReadOnly or StorageCodes.ForeignFile or StorageCodes.SchemaNewer or StorageCodes.MigrationChanged or StorageCodes.MigrationFailed } storage =>
            VaultProblem.OfStore(storage),
        _ => null,
    };

    private static Task ChallengeAsync(HttpContext context, GateRefusal refusal)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return refusal.WriteAsync(context);
    }

    // RFC 6750, 2.1: the header alone; a token in a query or body would end in logs.
    private static string? Token(HttpContext context)
    {
        if (context.Request.Headers.Authorization is not [{ } value] || !value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var token = value[Scheme.Length..];
        return token.Length is > 0 and <= MaxTokenLength && !token.AsSpan().ContainsAnyExceptInRange('!', '~') ? token : null;
    }
}
