namespace Purser.Wallet.Keys.Custodian;

/// <summary>The routes of the custodian that there are (specs/mining.md BK1 to BK4). No other is called: /agent/submit and /agent/sign are retired, /wallet/prompt and /wallet/job never were (BK5).</summary>
internal static class BankrRoutes
{
    public const string WalletMe = "/wallet/me";

    public const string AgentMe = "/agent/me";

    public const string Sign = "/wallet/sign";

    public const string Submit = "/wallet/submit";

    public const string Prompt = "/agent/prompt";

    /// <summary>One job; the id is escaped, so that it stays one segment of the path.</summary>
    public static string Job(string id) => $"/agent/job/{Uri.EscapeDataString(id)}";
}
