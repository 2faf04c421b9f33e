namespace Purser.Wallet.Tests;
