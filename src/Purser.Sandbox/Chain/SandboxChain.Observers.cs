using Purser.Ethereum;

namespace Purser.Sandbox.Chain;

/// <summary>Is told what happens on a chain. Called under the chain's lock: it only notes things down, and neither waits nor throws.</summary>
internal interface IChainObserver
{
    /// <summary>A block was made.</summary>
    void OnBlock(Block block);

    /// <summary>A transaction came into the pool.</summary>
    void OnPooled(SignedTransaction transaction);
}

/// <content>Those who are told what happens.</content>
public sealed partial class SandboxChain
{
    private readonly List<IChainObserver> _observers = [];

    /// <summary>Tells an observer from now on.</summary>
    internal void AddObserver(IChainObserver observer)
    {
        lock (_gate)
        {
            _observers.Add(observer);
        }
    }

    /// <summary>Tells it no more.</summary>
    internal void RemoveObserver(IChainObserver observer)
    {
        lock (_gate)
        {
            _observers.Remove(observer);
        }
    }
}
