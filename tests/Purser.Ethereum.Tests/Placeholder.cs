namespace Purser.Ethereum.Tests;
