namespace Purser.Wallet.Keys;

/// <summary>
/// A signer outside this process (an external signer, a KMS, a custodian) did not sign: it said no, could not be reached, did not
/// answer in time, or gave something that is no signature of the account over what was asked. Nothing that it gave is used. The
/// wallet and the lane turn it into their own refusal; whoever asks later under the same id asks for the same message again.
/// </summary>
public sealed class SignerException : Exception
{
    /// <summary>Makes one without details.</summary>
    public SignerException()
        : this(SignerRefusals.Failed("the signer failed"))
    {
    }

    /// <summary>Makes one of a message.</summary>
    public SignerException(string message)
        : this(SignerRefusals.Failed(message))
    {
    }

    /// <summary>Makes one of a message and its cause.</summary>
    public SignerException(string message, Exception innerException)
        : base(message, innerException) => Refusal = SignerRefusals.Failed(message);

    /// <summary>Makes one of a refusal.</summary>
    /// <param name="refusal">Why, without any secret and with foreign text cleaned.</param>
    /// <param name="isTransient">Whether the same call may pass later.</param>
    public SignerException(WalletRefusal refusal, bool isTransient = false)
        : base(refusal?.Message)
    {
        ArgumentNullException.ThrowIfNull(refusal);
        Refusal = refusal;
        IsTransient = isTransient;
    }

    /// <summary>Why: codes <c>signer_unreachable</c>, <c>signer_timeout</c>, <c>signer_refused</c>, <c>signer_malformed</c>, <c>signer_wrong_key</c>, <c>signer_altered_transaction</c>, <c>signer_unsupported</c>, <c>signer_unauthorized</c>, <c>signer_rate_limited</c> and <c>signer_failed</c>.</summary>
    public WalletRefusal Refusal { get; }

    /// <summary>Whether the same call may pass later: the signer could not be reached, was busy, or was too slow.</summary>
    public bool IsTransient { get; }
}
