namespace Purser.Wallet.Transactions;

/// <summary>The codes of <see cref="LaneTransaction.Reason"/>.</summary>
internal static class LaneReasons
{
    public const string Waiting = "waiting";
    public const string WaitsBehind = "waits_behind";
    public const string Confirming = "confirming";
    public const string Underpriced = "underpriced";
    public const string FeeCapReached = "fee_cap_reached";
    public const string NoFunds = "insufficient_gas_funds";
    public const string NonceUsed = "nonce_used";
    public const string NonceGap = "nonce_gap";
    public const string SignerFailed = "signer_failed";

    /// <summary>Whether it does not pass by itself, however short it has lasted.</summary>
    public static bool NeedsSomebody(string reason) => reason is FeeCapReached or NoFunds or NonceGap or SignerFailed;
}
