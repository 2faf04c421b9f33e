// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "./support/Test.sol";
import {TestUSDHandler} from "./support/TestUSDHandler.sol";

/// @title What holds after every sequence of calls
contract TestUSDInvariantTest is Test {
    TestUSDHandler private handler;

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function setUp() public {
        handler = new TestUSDHandler();
        handler.setUp();
    }

    /// @dev forge asks for these: only the handler's actions are called, payments more often than the rest.
    function targetContracts() external view returns (address[] memory list) {
        list = new address[](1);
        list[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory list) {
        bytes4[] memory selectors = new bytes4[](9);
        selectors[0] = TestUSDHandler.wait.selector;
        selectors[1] = TestUSDHandler.mint.selector;
        selectors[2] = TestUSDHandler.mintByAnother.selector;
        selectors[3] = TestUSDHandler.transfer.selector;
        selectors[4] = TestUSDHandler.approve.selector;
        selectors[5] = TestUSDHandler.transferFrom.selector;
        selectors[6] = TestUSDHandler.permitBySignature.selector;
        selectors[7] = TestUSDHandler.authorize.selector;
        selectors[8] = TestUSDHandler.cancelBySignature.selector;
        list = new FuzzSelector[](1);
        list[0] = FuzzSelector(address(handler), selectors);
    }

    /// @dev After every call. One invariant for both, since forge would walk the same sequences again for each.
    function invariant_MoneyIsWhereTheModelSays() external view {
        handler.requireSupplyIsTheSumOfBalancesAndWhatWasMinted();
        handler.requireNoBalanceMovedButByItsHoldersCallOrSignature();
    }

    /// @dev After every sequence: these read a hundred values, and what goes wrong here stays wrong to the end.
    function afterInvariant() external view {
        handler.requireNoncesAreSpentOnceAndStaySpent();
        handler.requireNoAllowanceChangedButByItsOwnersCallOrSignature();
    }

    /// @dev The harness itself: a few hundred actions from a fixed seed pay, refuse and cancel, by every account.
    function test_TheActionsReachEveryOutcome() external {
        for (uint256 i = 0; i < 300; i++) {
            uint256 x = uint256(keccak256(abi.encode("seed", i)));
            if (i % 10 == 0) handler.mint(i / 10, x >> 8);
            handler.authorize(i, x >> 16, x >> 24, x >> 32, x >> 40, x >> 48);
            if (i % 7 == 0) handler.cancelBySignature(i / 7, x >> 40, false, x % 2 == 0);
        }
        vm.assertTrue(handler.paid() >= 20, "payments");
        vm.assertTrue(handler.refused() >= 20, "refusals");
        vm.assertTrue(handler.canceled() >= 3, "cancellations");
    }
}
