using System.Diagnostics;
using System.Globalization;
using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Intents;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;

namespace Purser.Wallet.Policy;

public sealed partial record SpendingPolicy
{
    // Amounts at which an approval is one without end, whatever the rule says.
    private static readonly UInt256 s_unlimited = UInt256.One << 128;

    /// <summary>
    /// What the policy says of an intent by all rules but the caps over time, which are judged in the transaction that reserves. Total: every kind has an answer, and a kind that the
    /// policy does not mention is refused.
    /// </summary>
    /// <param name="intent">The intent; it keeps the rules of intents.</param>
    /// <param name="facts">What the wallet knows.</param>
    public PolicyVerdict Judge(Intent intent, PolicyFacts facts)
    {
        ArgumentNullException.ThrowIfNull(intent);
        ArgumentNullException.ThrowIfNull(facts);
        if (Paused)
        {
            return Refuse("paused", "policy_paused", "the policy is paused", "a human ends the pause: purser policy set --resume");
        }

        var (refused, allowedBy) = intent switch
        {
            PaymentIntent payment => JudgePayment(payment),
            TransferIntent transfer => JudgeTransfer(transfer, facts.Registry),
            ApproveIntent approve => JudgeApprove(approve, facts.Registry),
            ContractCallIntent call => JudgeCall(call),
            SignInIntent signIn => JudgeSignIn(signIn),
            TokenPermitIntent permit => JudgePermit(permit, facts.Registry),
            _ => throw new UnreachableException(intent.Kind),
        };
        refused ??= intent is TransactionIntent transaction ? JudgeGas(transaction) : null;
        refused ??= JudgeAmounts(intent, facts.Registry);
        refused ??= FindHold(intent, facts);
        return refused ?? new PolicyVerdict.Allowed(allowedBy);
    }

    private (PolicyVerdict? Verdict, string AllowedBy) JudgePayment(PaymentIntent payment)
    {
        var (primaryType, contract) = TypedDataOf(payment);
        var typed = FindTypedData(primaryType, payment.Asset.Chain, contract);
        if (FindAsset(payment.Asset) is not { } asset)
        {
            return (UnknownAsset(payment.Asset), "");
        }

        if (typed is null)
        {
            return (Refuse("typedData", "policy_typed_data_not_allowed", $"the policy does not allow {primaryType} of {contract} on {payment.Asset.Chain} to be signed", "a human adds it to typedData in the policy"), "");
        }

        if (AllowOrigins is not null && !AllowOrigins.Contains(payment.Origin))
        {
            return (Refuse("allowOrigins", "policy_origin_not_allowed", $"{(payment.Origin.Length == 0 ? "a payment for no known request" : UntrustedText.Quote(payment.Origin))} is not among the origins that the policy allows", "a human adds the origin to allowOrigins in the policy file"), "");
        }

        var refused = JudgePayee(payment.PayTo);
        if (refused is null && payment.MaxTimeoutSeconds > MaxTimeoutSeconds)
        {
            refused = Refuse("maxTimeoutSeconds", "policy_timeout_too_long", $"a validity of {payment.MaxTimeoutSeconds} s is longer than the {MaxTimeoutSeconds} s that the policy allows", "ask for a shorter validity");
        }

        return (refused, TypedData is null ? asset : typed);
    }

    private (PolicyVerdict? Verdict, string AllowedBy) JudgeTransfer(TransferIntent transfer, AssetRegistry registry)
    {
        if (IndexOf(Transfers, rule => rule.Asset == transfer.Asset) is not { } index)
        {
            return (Refuse("transfers", "policy_transfer_not_allowed", $"the policy allows no transfers of {transfer.Asset}", "a human adds the asset to transfers in the policy"), "");
        }

        var rule = Transfers[index];
        if (rule.Payees is not null && !rule.Payees.Contains(transfer.To))
        {
            return (Refuse($"transfers[{index}].payees", "policy_payee_not_allowed", $"{transfer.To} is not among the payees that the policy allows for transfers", "a human adds the payee to that list in the policy"), "");
        }

        return transfer.Amount > rule.PerTransfer
            ? (OverCap($"transfers[{index}].perTransfer", "policy_cap_per_transfer", transfer.Amount, rule.PerTransfer.Value, transfer.Asset, registry, "one transfer", ""), "")
            : (JudgePayee(transfer.To), $"transfers[{index}]");
    }

    private (PolicyVerdict? Verdict, string AllowedBy) JudgeApprove(ApproveIntent approve, AssetRegistry registry)
    {
        if (approve.Amount >= s_unlimited)
        {
            return (Refuse("spenders", "policy_approval_unlimited", "an approval of 2^128 minimal units or more is one without end", "approve exactly the amount that is going to be taken"), "");
        }

        // Taking an approval back gives nobody anything: it needs no rule for the spender, so that one who was struck from the policy can lose his approval too.
        if (approve.Amount.IsZero)
        {
            return (null, "assets");
        }

        if (IndexOf(Spenders, rule => rule.Asset == approve.Asset && rule.Spender == approve.Spender) is not { } index)
        {
            return (Refuse("spenders", "policy_spender_not_allowed", $"{approve.Spender} is not a spender that the policy allows for {approve.Asset}", "a human adds the spender to spenders in the policy"), "");
        }

        var most = Spenders[index].AtMost;
        return approve.Amount > most
            ? (OverCap($"spenders[{index}].atMost", "policy_cap_per_approval", approve.Amount, most, approve.Asset, registry, "one approval", $" of {approve.Spender}"), "")
            : (null, $"spenders[{index}]");
    }

    // An approval by a signature: the spender needs its rule as if it were sent, and the struct has to be among those that may be signed, where it never is by itself.
    private (PolicyVerdict? Verdict, string AllowedBy) JudgePermit(TokenPermitIntent permit, AssetRegistry registry)
    {
        if (FindAsset(permit.Asset) is null)
        {
            return (UnknownAsset(permit.Asset), "");
        }

        if (FindTypedData("Permit", permit.Asset.Chain, permit.Asset.Token) is not { } typed)
        {
            return (Refuse("typedData", "policy_typed_data_not_allowed", $"the policy does not allow Permit of {permit.Asset.Token} on {permit.Asset.Chain} to be signed", "a human adds it to typedData in the policy"), "");
        }

        if (IndexOf(Spenders, rule => rule.Asset == permit.Asset && rule.Spender == TokenPermitIntent.Spender) is not { } index)
        {
            return (Refuse("spenders", "policy_spender_not_allowed", $"{TokenPermitIntent.Spender} is not a spender that the policy allows for {permit.Asset}", "a human adds the spender to spenders in the policy"), "");
        }

        if (permit.Amount > Spenders[index].AtMost)
        {
            return (OverCap($"spenders[{index}].atMost", "policy_cap_per_approval", permit.Amount, Spenders[index].AtMost, permit.Asset, registry, "one approval", $" of {TokenPermitIntent.Spender}"), "");
        }

        return permit.MaxTimeoutSeconds > MaxTimeoutSeconds
            ? (Refuse("maxTimeoutSeconds", "policy_timeout_too_long", $"a validity of {permit.MaxTimeoutSeconds} s is longer than the {MaxTimeoutSeconds} s that the policy allows", "ask for a shorter validity"), "")
            : (null, typed);
    }

    private (PolicyVerdict? Verdict, string AllowedBy) JudgeCall(ContractCallIntent call)
    {
        if (!TryDecode(call, out var index, out var arguments, out var undecoded))
        {
            return (undecoded, "");
        }

        var rule = Contracts[index];
        if (call.Value > rule.MaxValue)
        {
            var refused = rule.MaxValue.IsZero
                ? Refuse($"contracts[{index}].maxValue", "policy_value_not_due", $"{call.Value} wei would go along with {rule.Function.Abi.Name}, to which no value is due", "send no value with this call")
                : Refuse($"contracts[{index}].maxValue", "policy_cap_value", $"{call.Value} wei would go along with {rule.Function.Abi.Name}, the policy allows {rule.MaxValue}", "send less, or have a human raise maxValue in the policy");
            return (refused, "");
        }

        for (var i = 0; i < rule.Arguments.Count; i++)
        {
            if (ArgumentCheck.FindBroken(rule.Arguments[i], arguments, call.Account) is { } why)
            {
                return (Refuse($"contracts[{index}].arguments[{i}]", "policy_argument_not_allowed", $"{rule.Function.Abi.Name}: {why}", "call it with arguments that the policy allows"), "");
            }
        }

        return (null, $"contracts[{index}]");
    }

    private bool TryDecode(ContractCallIntent call, out int index, out AbiValues arguments, out PolicyVerdict refused)
    {
        (index, arguments, refused) = (-1, null!, null!);
        if (IndexOf(Contracts, rule => rule.Network == call.Network && rule.Contract == call.Contract) is null)
        {
            refused = Refuse("contracts", "policy_contract_not_allowed", $"{call.Contract} on {call.Network} is not a contract that the policy knows", "a human adds the contract and the function to contracts in the policy");
            return false;
        }

        var data = call.Data;
        if (IndexOf(Contracts, rule => rule.Network == call.Network && rule.Contract == call.Contract && rule.Function.Abi.Matches(data.Span)) is not { } found)
        {
            refused = Refuse("contracts", "policy_function_not_allowed", $"the function {Hex.Encode(data.Span[..Math.Min(4, data.Length)])} of {call.Contract} is not one that the policy knows", "a human adds the function to contracts in the policy");
            return false;
        }

        // The reader refuses such a rule; a policy that was made otherwise is held to the same.
        if (TokenFunctions.FindFault(Contracts[found]) is { } fault)
        {
            refused = Refuse($"contracts[{found}].function", "policy_function_has_own_intent", fault, "ask for a transfer or for an approval of an exact amount; the policy has transfers and spenders for them");
            return false;
        }

        var function = Contracts[found].Function;
        if (!function.TryDecode(data.Span, out var decoded, out var why))
        {
            refused = Refuse($"contracts[{found}].function", "policy_call_malformed", $"the calldata is not one canonical call of {function.Abi.Signature}: {UntrustedText.Clean(why)}", "encode the call again; nothing may stand behind the arguments");
            return false;
        }

        (index, arguments) = (found, decoded.Arguments);
        return true;
    }

    private (PolicyVerdict? Verdict, string AllowedBy) JudgeSignIn(SignInIntent signIn)
    {
        if (SignIn is null)
        {
            return (Refuse("signIn", "policy_sign_in_not_allowed", "the policy allows no signing in", "a human adds signIn with its domains to the policy"), "");
        }

        var domain = signIn.Domain.ToLowerInvariant();
        if (IndexOf(SignIn.Domains, allowed => SignInDomains.Covers(allowed, domain)) is not { } index)
        {
            return (Refuse("signIn.domains", "policy_domain_not_allowed", $"{UntrustedText.Quote(signIn.Domain, 80)} is not among the domains that the policy allows signing in at", "a human adds the domain to signIn in the policy"), "");
        }

        // The rules of intents say so too; a message for another server is what a relaying server wants, so it is looked at twice.
        return IntentRules.OriginOf(signIn.Origin) is { } origin && origin[(origin.IndexOf("://", StringComparison.Ordinal) + 3)..] == SignInDomains.WithoutStandardPort(domain, origin)
            ? (null, $"signIn.domains[{index}]")
            : (Refuse("signIn", "policy_domain_mismatch", $"the message is for {UntrustedText.Quote(signIn.Domain, 80)}, the server is {UntrustedText.Quote(signIn.Origin, 80)}", "do not sign in there: the server relays another one's message"), "");
    }

    private PolicyVerdict.Refused? JudgeGas(TransactionIntent transaction)
    {
        if (IndexOf(Gas, rule => rule.Network == transaction.Chain) is not { } index)
        {
            return Refuse("gas", "policy_no_gas_rule", $"the policy allows no transactions on {transaction.Chain}", "a human adds the chain to gas in the policy");
        }

        return transaction.GasCap > Gas[index].MaxGas
            ? Refuse($"gas[{index}].maxGas", "policy_cap_gas", $"{transaction.GasCap} gas is more than the {Gas[index].MaxGas} that the policy allows for one transaction", "ask for less gas, or have a human raise maxGas in the policy")
            : null;
    }

    // Every sum that the intent takes is of an asset that the policy knows, and within the caps for one payment.
    private PolicyVerdict.Refused? JudgeAmounts(Intent intent, AssetRegistry registry)
    {
        foreach (var spent in SumsOf(intent))
        {
            if (FindAsset(spent.Asset) is null)
            {
                return UnknownAsset(spent.Asset);
            }

            foreach (var match in Matching(spent))
            {
                if (spent.Amount > match.Caps.PerPayment)
                {
                    return OverCap($"{match.Rule}.perPayment", "policy_cap_per_payment", spent.Amount, match.Caps.PerPayment.Value, spent.Asset, registry, "one payment", match.Whose);
                }
            }
        }

        return null;
    }

    private PolicyVerdict.Held? FindHold(Intent intent, PolicyFacts facts)
    {
        // A ReCap (EIP-5573) gives the server rights over what is not here, for as long as the message says. The domain is the human's choice; what it is given is too.
        if (intent is SignInIntent { Resources: { } resources } && resources.Any(resource => resource.StartsWith("urn:recap:", StringComparison.OrdinalIgnoreCase)))
        {
            return new("policy_sign_in_delegates", "the message does not only sign in, it gives rights to others (a resource urn:recap:, EIP-5573)", "signIn");
        }

        foreach (var spent in SumsOf(intent))
        {
            foreach (var match in Matching(spent))
            {
                if (spent.Amount > match.Caps.AskAbove)
                {
                    return new("policy_ask_above", $"{Shown(spent.Amount, spent.Asset, facts.Registry)} is more than the {Shown(match.Caps.AskAbove.Value, spent.Asset, facts.Registry)} that may be spent{match.Whose} without asking", $"{match.Rule}.askAbove");
                }
            }
        }

        if (PayeeOf(intent) is not { } payee || KnownPayees.Contains(payee))
        {
            return null;
        }

        if (HoldFirstPayment && facts.PayeeKnownSince is null)
        {
            return new("policy_first_payment", $"nothing was ever paid to {payee} in this asset", "holdFirstPayment");
        }

        return facts.PayeeKnownSince is { } since && PayeeCoolDownSeconds is { } seconds && facts.Now < since.AddSeconds(seconds)
            ? new("policy_payee_cool_down", string.Create(CultureInfo.InvariantCulture, $"{payee} is known for less than {seconds} s"), "payeeCoolDownSeconds")
            : null;
    }

    private PolicyVerdict.Refused? JudgePayee(Address payee) => AllowPayees is not null && !AllowPayees.Contains(payee)
        ? Refuse("allowPayees", "policy_payee_not_allowed", $"{payee} is not among the payees that the policy allows", "a human adds the payee to allowPayees in the policy file")
        : null;

    private string? FindTypedData(string primaryType, ChainId network, Address contract) =>
        IndexOf(TypedData ?? StandardTypedData, rule => rule.PrimaryType == primaryType && (rule.Network ?? network) == network && (rule.VerifyingContract ?? contract) == contract) is { } index ? $"typedData[{index}]" : null;

    // What the wallet would make the key sign for a payment (EIP-712).
    private static (string PrimaryType, Address Contract) TypedDataOf(PaymentIntent payment) => payment switch
    {
        X402AuthorizationIntent => ("TransferWithAuthorization", payment.Asset.Token),
        PermitIntent => ("PermitWitnessTransferFrom", Permit2.Contract),
        _ => throw new UnreachableException(payment.Kind),
    };

    private static Address? PayeeOf(Intent intent) => intent switch
    {
        PaymentIntent payment => payment.PayTo,
        TransferIntent transfer => transfer.To,
        _ => null,
    };

    private string? FindAsset(AssetId asset) => IndexOf(Assets, rule => rule.Asset == asset) is { } index ? $"assets[{index}]" : null;

    private static int? IndexOf<T>(IReadOnlyList<T> rules, Func<T, bool> fits)
    {
        for (var i = 0; i < rules.Count; i++)
        {
            if (fits(rules[i]))
            {
                return i;
            }
        }

        return null;
    }

    private static string Shown(in UInt256 units, AssetId asset, AssetRegistry registry) => AmountText.Display(new TokenAmount(units, asset), registry);

    private static PolicyVerdict.Refused UnknownAsset(AssetId asset) => Refuse("assets", "policy_unknown_asset", $"the policy has no rule for {asset}", "a human adds the asset with its caps to the policy file");

    private static PolicyVerdict.Refused OverCap(string rule, string code, UInt256 amount, UInt256 cap, AssetId asset, AssetRegistry registry, string what, string whose) =>
        Refuse(rule, code, $"{Shown(amount, asset, registry)} is more than the {Shown(cap, asset, registry)} that the policy allows for {what}{whose}", "pay less, or have a human raise the cap in the policy file");

    private static PolicyVerdict.Refused Refuse(string rule, string code, string message, string hint) => new(new(code, message, hint, WalletRefusalKind.Policy), rule);
}
