using System.Diagnostics;
using System.Globalization;
using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Contracts;
using Purser.Protocol.Json;

namespace Purser.Protocol.Intents;

/// <summary>
/// What an intent would do, for the human who is asked. Names, symbols and decimals come from our registry alone; what a stranger
/// wrote is cleaned and quoted (specs/x402-skill.md F3, F9, F10).
/// </summary>
public static class IntentSummary
{
    /// <summary>One line.</summary>
    /// <param name="intent">The intent.</param>
    /// <param name="registry">What is known of chains and tokens.</param>
    /// <param name="functions">The functions that calldata is decoded by, those that the policy names; when none fits, the line says so instead of guessing.</param>
    public static string Of(Intent intent, AssetRegistry registry, KnownFunctions functions)
    {
        ArgumentNullException.ThrowIfNull(intent);
        ArgumentNullException.ThrowIfNull(registry);
        ArgumentNullException.ThrowIfNull(functions);
        return intent switch
        {
            PaymentIntent payment => Payment(payment, registry),
            TransferIntent transfer => $"Send {Amount(transfer.Amount, transfer.Asset, registry)} on {Chain(transfer.Chain, registry)} from {transfer.Account} to {transfer.To}{Gas(transfer)}",
            ApproveIntent { Amount.IsZero: true } approve => $"Take back what {approve.Spender} may take of {Name(approve.Asset, registry)} on {Chain(approve.Chain, registry)} from {approve.Account}{Gas(approve)}",
            ApproveIntent approve => $"Let {approve.Spender} take up to {Amount(approve.Amount, approve.Asset, registry)} on {Chain(approve.Chain, registry)} from {approve.Account}{Gas(approve)}",
            ContractCallIntent call => Call(call, registry, functions),
            SignInIntent signIn => SignIn(signIn, registry),
            TokenPermitIntent permit => string.Create(CultureInfo.InvariantCulture, $"Let Permit2 ({TokenPermitIntent.Spender}) take up to {Amount(permit.Amount, permit.Asset, registry)} on {Chain(permit.Asset.Chain, registry)} from {permit.Account}, by a signature that is valid for {permit.MaxTimeoutSeconds} s"),
            _ => throw new UnreachableException(intent.Kind),
        };
    }

    private static string Payment(PaymentIntent payment, AssetRegistry registry)
    {
        var request = payment.Url.Length == 0 ? "" : $" for {UntrustedText.Clean(payment.Method, 16)} {UntrustedText.Quote(payment.Url)}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Pay {(payment is X402UptoIntent ? "up to " : "")}{Amount(payment.Amount, payment.Asset, registry)} on {Chain(payment.Asset.Chain, registry)} from {payment.Account} to {payment.PayTo}{(payment is PermitIntent ? " by Permit2" : "")}{(payment is PermitIntent { PermitId: not null } ? ", with a permit for it" : "")}{request}, valid for {payment.MaxTimeoutSeconds} s");
    }

    private static string Call(ContractCallIntent call, AssetRegistry registry, KnownFunctions functions)
    {
        var what = functions.Decode(call.Network, call.Contract, call.Data.Span) is CallReading.Known known
            ? known.Call.ToString()
            : string.Create(CultureInfo.InvariantCulture, $"with calldata that we cannot decode (selector {Hex.Encode(call.Data.Span[..Math.Min(4, call.Data.Length)])}, {call.Data.Length} bytes)");
        var value = call.Value.IsZero ? "" : $" and send {AmountText.Display(new TokenAmount(call.Value, AssetId.Native(call.Network)), registry)} along";
        return $"Call {what} of {call.Contract} on {Chain(call.Network, registry)} from {call.Account}{value}{Gas(call)}";
    }

    private static string SignIn(SignInIntent signIn, AssetRegistry registry)
    {
        var statement = string.IsNullOrEmpty(signIn.Statement) ? "" : $", saying {UntrustedText.Quote(signIn.Statement)}";
        var until = signIn.ExpirationTime is null ? "without expiry" : $"until {UntrustedText.Clean(signIn.ExpirationTime, 64)}";
        var resources = signIn.Resources is { Count: > 0 } list
            ? string.Create(CultureInfo.InvariantCulture, $", with {list.Count} resources: {string.Join(", ", list.Take(5).Select(static resource => UntrustedText.Quote(resource, 80)))}{(list.Count > 5 ? ", …" : "")}")
            : "";
        return $"Sign in at {UntrustedText.Quote(signIn.Origin)} as {signIn.Account} on {Chain(signIn.Chain, registry)} for {UntrustedText.Quote(signIn.Uri)}{statement}{resources}, {until}";
    }

    private static string Chain(ChainId chain, AssetRegistry registry) => $"{registry.FindChain(chain)?.Name ?? "an unknown chain"} ({chain})";

    private static string Name(AssetId asset, AssetRegistry registry) => $"{registry.FindToken(asset)?.Symbol ?? "an unknown token"} [{asset.Token}]";

    private static string Amount(in UInt256 amount, AssetId asset, AssetRegistry registry) =>
        asset.IsNative ? AmountText.Display(new TokenAmount(amount, asset), registry) : $"{AmountText.Display(amount, registry.FindToken(asset))} [{asset.Token}]";

    private static string Gas(TransactionIntent transaction) => string.Create(CultureInfo.InvariantCulture, $", at most {transaction.GasCap} gas");
}
