namespace Purser.Protocol.Payments.V1;

/// <summary>The reasons of version 1: a closed list, of which its peers refuse any other string (specs/x402.md 6.1).</summary>
public static class ReasonsV1
{
    /// <summary>The string of the list that is nearest to what a peer of version 2 says.</summary>
    public static string ToWire(string reason) => PaymentReasons.FromWire(reason).ToWire(ReasonDialect.ExactV1);

    /// <summary>A verification's answer as a peer of version 1 reads it.</summary>
    public static VerifyResponse ToV1(this VerifyResponse answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return answer with { InvalidReason = answer.InvalidReason is { } reason ? ToWire(reason) : null };
    }

    /// <summary>A settlement as a peer of version 1 reads it: the network by its name, the reason of the list. Whose the payment is stays in it: such a peer passes over members that it does not know.</summary>
    public static SettleResponse ToV1(this SettleResponse answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return answer with { Network = NetworkName.ToV1(answer.Network) ?? answer.Network, ErrorReason = answer.ErrorReason is { } reason ? ToWire(reason) : null };
    }
}
