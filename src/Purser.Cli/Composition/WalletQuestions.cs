using Purser.Cli.Commands;

namespace Purser.Cli.Composition;

/// <summary>The questions of seed 001 about a wallet that is missing or logged out, in its words (specs/x402-skill.md G3, H12, L7), and how a reply is read.</summary>
public sealed record WalletQuestions
{
    /// <summary>When there is no wallet at all.</summary>
    public required string CreateWallet { get; init; }

    /// <summary>When signing failed for want of a session.</summary>
    public required string LogInOrSignLocally { get; init; }

    /// <summary>The question in English.</summary>
    public static WalletQuestions English { get; } = new()
    {
        CreateWallet = "This resource requires payment (x402). You need a wallet to sign the payment. Would you like to create one? (It's free and takes ~30 seconds.)",
        LogInOrSignLocally = "Signing failed because there is no active wallet session. Would you like to log in now, or sign locally with your own private key?",
    };

    /// <summary>The question in Chinese.</summary>
    public static WalletQuestions Chinese { get; } = new()
    {
        CreateWallet = "该资源需要x402支付。您需要一个钱包来签署支付信息。是否需要创建一个钱包？(免费，约30秒即可完成。)",
        LogInOrSignLocally = "签名失败，原因是没有活跃的钱包会话。您现在是否要登录，或者使用自身私钥进行本地签名？",
    };

    /// <summary>Those of <c>--lang</c>, or of the environment's language.</summary>
    public static WalletQuestions Of(CommandContext context) => Languages.IsChinese(context) ? Chinese : English;

    /// <summary>Whether a reply is a clear yes. Anything else, and no reply at all, is a no (F8).</summary>
    public static bool IsYes(string? reply) => Plain(reply) is "y" or "yes" or "是";

    /// <summary>Which way a reply names: to log in, to sign locally, or neither, which cancels (F8).</summary>
    public static SigningChoice ChoiceOf(string? reply) => Plain(reply) switch
    {
        "l" or "login" or "log in" or "登录" => SigningChoice.LogIn,
        "s" or "sign" or "sign locally" or "local" or "本地签名" => SigningChoice.SignLocally,
        _ => SigningChoice.Cancel,
    };

    private static string Plain(string? reply) => (reply ?? "").Trim().ToLowerInvariant();
}

/// <summary>What to do when signing failed for want of a session.</summary>
public enum SigningChoice
{
    /// <summary>Give up the payment.</summary>
    Cancel,

    /// <summary>Log in, then sign again.</summary>
    LogIn,

    /// <summary>Sign with a key of this data folder.</summary>
    SignLocally,
}
