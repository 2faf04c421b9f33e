using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Purser.Agent.Payments;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Wallet;

namespace Purser.Cli.Commands;

/// <summary><c>purser payment x402-pay</c>: seed 001's command. Signs an x402 payment and prints its proof; it broadcasts nothing (x402-skill A5, B).</summary>
public static class X402PayCommand
{
    /// <summary>Makes the group.</summary>
    public static Command Make(CliOutput output)
    {
        var network = new Option<string>("--network") { Description = "The chain in CAIP-2, eip155:<chainId>.", Required = true, HelpName = "CAIP2" };
        var amount = new Option<string>("--amount") { Description = "Minimal units.", Required = true, HelpName = "UNITS" };
        var payTo = new Option<string>("--pay-to") { Description = "The recipient (x402 payTo).", Required = true, HelpName = "ADDRESS" };
        var asset = new Option<string>("--asset") { Description = "The token's contract (x402 asset).", Required = true, HelpName = "ADDRESS" };
        var flags = PayingFlags.Make("--from");
        var timeout = new Option<long>("--max-timeout-seconds") { Description = "How long the authorization is valid (default 300).", DefaultValueFactory = _ => 300 };
        var pay = PurserCommand.Make(output, "x402-pay", "Sign an x402 payment and return the payment proof (EIP-3009).", [network, amount, payTo, asset, timeout, .. flags.Symbols],
            async (context, token) =>
            {
                var parsed = context.Parsed;
                var (chain, units, payee, tokenAddress, seconds) = ReadInputs(parsed.GetValue(network)!, parsed.GetValue(amount)!, parsed.GetValue(payTo)!, parsed.GetValue(asset)!, parsed.GetValue(timeout));
                await using var session = await DataSession.OpenAsync(context, null, token);
                if (session.Registry.FindChain(chain) is null)
                {
                    throw new CliRefusalException(CliResult.Usage("chain_unknown", $"chain not found for {chain}", "See `purser wallet chains`."));
                }
                using var vault = new VaultAccess(context);
                var held = await session.OpenHeldPaymentsAsync(token);
                return await new PayingWallets(context, session, flags, vault).RunAsync(
                    paying => SignAsync(context, held, paying.Wallet, new(chain, tokenAddress), paying.Account, payee, units, seconds, token), token);
            });
        return PurserCommand.Group("payment", "Payment proofs.", pay);
    }

    // Each call is a payment of its own: the signature leaves the process, and what becomes of it is for `pay reconcile` to find out.
    private static async Task<CliResult> SignAsync(CommandContext context, HeldPayments held, IWallet wallet, AssetId asset, Address account, Address payee, UInt256 units, int seconds, CancellationToken cancellationToken)
    {
        Span<byte> id = stackalloc byte[16];
        context.Random.Fill(id);
        var intent = new X402AuthorizationIntent
        {
            Id = $"x402-{Convert.ToHexStringLower(id)}",
            Account = account,
            Asset = asset,
            PayTo = payee,
            Amount = units,
            MaxTimeoutSeconds = seconds,
            Origin = "",
            Method = "",
            Url = "",
            BodyHash = new(SHA256.HashData([])),
        };
        // But for one that waits for a human: the same command, given again, is the same payment.
        var (intentId, result) = await held.AuthorizeAsync(wallet, intent, cancellationToken);
        if (result is AuthorizationResult.Authorized)
        {
            result = await wallet.BeginPresentAsync(intentId, cancellationToken);
        }
        switch (result)
        {
            case AuthorizationResult.Authorized { Statement: SignedEip3009 signed }:
                var a = signed.Authorization;
                return new CliResult.Ok(new JsonObject
                {
                    ["signature"] = signed.Signature.ToString(),
                    ["authorization"] = new JsonObject
                    {
                        ["from"] = a.From.ToString(),
                        ["to"] = a.To.ToString(),
                        ["value"] = a.Value.ToString(),
                        ["validAfter"] = a.ValidAfter.ToString(),
                        ["validBefore"] = a.ValidBefore.ToString(),
                        ["nonce"] = a.Nonce.ToString(),
                    },
                })
                {
                    Next = [$"purser pay reconcile {intentId}"],
                };
            case AuthorizationResult.Refused refused:
                return WalletRefusals.ToResult(refused.Reason);
            case AuthorizationResult.ApprovalNeeded needed:
                return new CliResult.Pending("approval", needed.ApprovalId, needed.Summary, $"purser approvals approve {needed.ApprovalId}", needed.ExpiresAt);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    // All of it before anything is opened or asked (x402-skill B16).
    private static (ChainId Chain, UInt256 Units, Address PayTo, Address Asset, int Seconds) ReadInputs(string network, string amount, string payTo, string asset, long timeout)
    {
        var chain = SharedFlags.ReadChain(network);
        if (amount.Length == 0)
        {
            throw new CliRefusalException(CliResult.Usage("amount_invalid", "--amount must not be empty", "Give minimal units: 1 USDC is 1000000."));
        }
        if (amount.AsSpan().ContainsAnyExceptInRange('0', '9') || !UInt256.TryParse(amount, out var units))
        {
            if (amount.Trim('0').Length == 0 && amount.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0)
            {
                throw Zero();
            }
            throw new CliRefusalException(CliResult.Usage("amount_invalid", $"--amount must be a non-negative integer in minimal units below 2^256, got '{SharedFlags.Shown(amount)}'", "Minimal units have no decimals: 1.50 USDC, at 6 decimals, is 1500000."));
        }
        if (units.IsZero)
        {
            throw Zero();
        }
        var payee = SharedFlags.ReadAddress("--pay-to", payTo);
        var token = SharedFlags.ReadAddress("--asset", asset);
        if (payee == token)
        {
            throw new CliRefusalException(CliResult.Usage("pay_to_is_asset", "--pay-to is the token's own contract", "Money sent there is lost; give the recipient's address."));
        }
        return timeout is >= 1 and <= 86_400
            ? (chain, units, payee, token, (int)timeout)
            : throw new CliRefusalException(CliResult.Usage("timeout_invalid", $"--max-timeout-seconds must be 1 to 86400, got {timeout}", "300 is the usual one."));

        static CliRefusalException Zero() => new(CliResult.Usage("amount_invalid", "--amount must be greater than zero", "Give minimal units: 1 USDC is 1000000."));
    }
}
