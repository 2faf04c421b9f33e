using Purser.Ethereum;

namespace Purser.Sandbox.Evm;

/// <content>Storage with its prices (EIP-2200, EIP-2929, EIP-3529; see <see cref="ForkRules"/>), and SELFDESTRUCT (EIP-6780).</content>
internal sealed partial class Machine
{
    private UInt256 LoadStorage(Frame frame, in UInt256 key)
    {
        ref var slot = ref _state.AccessSlot(frame.Self, key, out var wasCold);
        frame.Gas -= wasCold ? _rules.ColdLoad : _rules.WarmLoad;
        return slot.Current;
    }

    private void StoreStorage(Frame frame, in UInt256 key, in UInt256 value)
    {
        if (RefuseStatic(frame))
        {
            return;
        }
        if (frame.Gas <= Gas.StorageStipend)
        {
            // EIP-2200: a call that lives on the stipend must not be able to write.
            frame.Gas = -1;
            return;
        }
        ref var slot = ref _state.AccessSlot(frame.Self, key, out var wasCold);
        var cold = wasCold ? _rules.ColdStore : 0;
        var cost = _rules.StoreAgain;
        if (slot.Current != value && slot.Original == slot.Current)
        {
            cost = slot.Original.IsZero ? Gas.StorageSet : _rules.StorageReset;
        }
        frame.Gas -= cold + cost;
        if (frame.Gas < 0 || slot.Current == value)
        {
            return;
        }
        _state.Refund += StorageRefund(slot.Original, slot.Current, value);
        _state.SetStorage(frame.Self, key, ref slot, value);
    }

    // What the write to a slot that differs from its current value adds to the refund counter; negative takes back what an earlier write added.
    private long StorageRefund(in UInt256 original, in UInt256 current, in UInt256 value)
    {
        if (original == current)
        {
            return !original.IsZero && value.IsZero ? _rules.StorageClearRefund : 0;
        }
        long refund = 0;
        if (!original.IsZero)
        {
            refund += current.IsZero ? -_rules.StorageClearRefund : value.IsZero ? _rules.StorageClearRefund : 0;
        }
        if (original == value)
        {
            refund += (original.IsZero ? Gas.StorageSet : _rules.StorageReset) - _rules.StoreAgain;
        }
        return refund;
    }

    private Halt SelfDestruct(Frame frame, in UInt256 beneficiaryWord, long gas)
    {
        if (frame.IsStatic)
        {
            return Halt.StaticViolation;
        }
        var self = frame.Self;
        var beneficiary = AccountAt(beneficiaryWord);
        gas -= IsCold(beneficiary) ? _rules.ColdBeneficiary : 0;
        gas -= beneficiary.IsEmpty && !self.Balance.IsZero ? Gas.NewAccount : 0;
        if (gas < 0)
        {
            return Halt.OutOfGas;
        }
        frame.Gas = gas;
        var balance = self.Balance;
        Tracer?.SelfDestruct(self.Address, beneficiary.Address, balance);
        _state.SetBalance(self, default);
        _state.AddBalance(beneficiary, balance);
        if (_state.WasCreatedHere(self) || !_rules.IsCancun)
        {
            // EIP-6780: only what this transaction made can go. If it is its own beneficiary, the balance goes with it.
            _state.SetBalance(self, ReferenceEquals(self, beneficiary) ? default : self.Balance);
            if (_state.MarkDestroyed(self))
            {
                _state.Refund += _rules.DestroyRefund;
            }
        }
        return Halt.SelfDestruct;
    }
}
