using Purser.Ethereum;
using Purser.Sandbox.Evm;

namespace Purser.StateTest;

/// <summary>The names that the state tests use: of forks, and of the reasons why a transaction is invalid.</summary>
internal static class StateTestForks
{
    private static readonly string[] s_older = ["Frontier", "Homestead", "EIP150", "EIP158", "Byzantium", "Constantinople", "ConstantinopleFix"];

    /// <summary>The rules of a fork by its name in the tests; false for a fork that the sandbox does not know.</summary>
    public static bool TryFind(string name, out ForkRules? rules)
    {
        name = name == "Merge" ? nameof(Hardfork.Paris) : name;
        rules = Enum.TryParse<Hardfork>(name, out var fork) && fork >= ForkRules.Oldest ? ForkRules.Of(fork) : null;
        return rules is not null;
    }

    /// <summary>Why a fork is an exception.</summary>
    public static string WhyNot(string name) => s_older.Contains(name) ? $"{name} is older than {ForkRules.Oldest}" : $"{name} is not known";

    /// <summary>Whether a rejection is one of those that a test names, which it separates by bars.</summary>
    public static bool Is(TransactionRejection? rejection, string names) => rejection is not null && names.Split('|').Any(name => Matches(rejection, name));

    private static bool Matches(TransactionRejection rejection, string name) => name[(name.LastIndexOf('.') + 1)..] switch
    {
        "INSUFFICIENT_ACCOUNT_FUNDS" => rejection is TransactionRejection.InsufficientFunds,
        "GASLIMIT_PRICE_PRODUCT_OVERFLOW" => rejection is TransactionRejection.InsufficientFunds { Want: null },
        "INTRINSIC_GAS_TOO_LOW" or "INTRINSIC_GAS_BELOW_FLOOR_GAS_COST" => rejection is TransactionRejection.IntrinsicGasTooLow,
        "GAS_ALLOWANCE_EXCEEDED" => rejection is TransactionRejection.GasLimitTooHigh,
        "INITCODE_SIZE_EXCEEDED" => rejection is TransactionRejection.InitCodeTooLarge,
        "INSUFFICIENT_MAX_FEE_PER_GAS" => rejection is TransactionRejection.FeeCapTooLow,
        "PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS" => rejection is TransactionRejection.TipAboveFeeCap,
        "NONCE_IS_MAX" => rejection is TransactionRejection.NonceAtMaximum,
        "NONCE_MISMATCH_TOO_LOW" => rejection is TransactionRejection.NonceTooLow,
        "NONCE_MISMATCH_TOO_HIGH" => rejection is TransactionRejection.NonceTooHigh,
        "SENDER_NOT_EOA" => rejection is TransactionRejection.SenderHasCode,
        "TYPE_1_TX_PRE_FORK" or "TYPE_2_TX_PRE_FORK" or "TYPE_3_TX_PRE_FORK" or "TYPE_4_TX_PRE_FORK" or "TYPE_NOT_SUPPORTED" => rejection is TransactionRejection.TypeNotYet,
        "TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH" or "INSUFFICIENT_MAX_FEE_PER_BLOB_GAS" or "TYPE_3_TX_BLOB_COUNT_EXCEEDED" or "TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED"
            or "TYPE_3_TX_ZERO_BLOBS" or "TYPE_3_TX_CONTRACT_CREATION" => rejection is TransactionRejection.InvalidBlobs,
        _ => false,
    };
}
