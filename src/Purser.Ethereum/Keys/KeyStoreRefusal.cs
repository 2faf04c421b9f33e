namespace Purser.Ethereum;

/// <summary>Why a V3 key store file was not opened. A closed family: each case has its stable code and says what to do next.</summary>
public abstract record KeyStoreRefusal
{
    private KeyStoreRefusal(string code, string message, string hint)
    {
        Code = code;
        Message = message;
        Hint = hint;
    }

    /// <summary>The stable wire code.</summary>
    public string Code { get; }

    /// <summary>What was wrong, in one line, without anything of the file's secret.</summary>
    public string Message { get; }

    /// <summary>What to do next, in one line.</summary>
    public string Hint { get; }

    /// <summary>The file is no V3 key store in strict form. Code <c>keystore_malformed</c>.</summary>
    /// <param name="Member">The member at fault as a path, such as <c>crypto.kdfparams.n</c>; <c>$</c> is the file as a whole.</param>
    /// <param name="Reason">What is wrong with it.</param>
    public sealed record Malformed(string Member, string Reason) : KeyStoreRefusal(
        "keystore_malformed", $"The key store is malformed at {Member}: {Reason}.", "Take the file again from the wallet that wrote it.");

    /// <summary>The password does not open the file, or the file was altered: its MAC cannot tell the two apart. Code <c>wrong_password</c>.</summary>
    public sealed record WrongPassword() : KeyStoreRefusal(
        "wrong_password", "The password does not open this key store.", "Check the password; upper and lower case and spaces count.");

    /// <summary>Opening would cost more than the limits allow. Code <c>keystore_cost_refused</c>.</summary>
    /// <param name="Asked">What the file asks for: bytes for scrypt, iterations for PBKDF2.</param>
    /// <param name="Limit">What is allowed, in the same unit.</param>
    /// <param name="Unit"><c>bytes</c> or <c>iterations</c>.</param>
    public sealed record CostRefused(long Asked, long Limit, string Unit) : KeyStoreRefusal(
        "keystore_cost_refused", $"Opening the key store costs {Asked} {Unit}; the limit is {Limit}.", "If you trust the file, raise the limit.");
}
